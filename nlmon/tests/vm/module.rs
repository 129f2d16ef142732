//! The test module by itself: both models, refusals, unload under load.

use std::{
    process::Command,
    thread,
    time::{Duration, Instant},
};

use nlmon::subscribe::test_module::{self, LOAD_MULTICAST};

use crate::support::{Module, message, receive, run, test_socket, wait_for};

const TIMEOUT: Duration = Duration::from_secs(20);

#[test]
fn echoes_in_the_callback_and_from_the_worker() {
    let _module = Module::load();
    for deferred in ["0", "1"] {
        Module::set("deferred", deferred);
        let before = Module::counters();
        let socket = test_socket(1 << 20);
        for number in 0..101 {
            let text = format!("Hello you! {number}");
            let echo = test_module::echo(&socket, text.as_bytes(), TIMEOUT).unwrap();
            assert_eq!(echo, text.as_bytes());
        }
        wait_for("the worker is done", || {
            let now = Module::counters();
            now["echoed"] - before["echoed"] == 101
                && now["deferred_done"] == now["deferred_queued"]
        });
        let queued = Module::counters()["deferred_queued"] - before["deferred_queued"];
        assert_eq!(queued, if deferred == "1" { 101 } else { 0 });
    }
}

#[test]
fn a_slow_message_holds_the_sender_only_in_the_callback() {
    let _module = Module::load();
    Module::set("delay_ms", "400");
    let send = || {
        let socket = test_socket(1 << 20);
        let start = Instant::now();
        // Just the send: the echo is read after the clock is.
        socket.send(&message(test_module::ECHO, 1, b"x")).unwrap();
        let taken = start.elapsed();
        receive(&socket, 1);
        taken
    };
    Module::set("deferred", "0");
    let held = send();
    Module::set("deferred", "1");
    let free = send();
    assert!(held >= Duration::from_millis(400), "{held:?}");
    assert!(free < Duration::from_millis(400), "{free:?}");
}

#[test]
fn greets_every_member_of_the_group() {
    let _module = Module::load();
    let before = Module::counters();
    let members = [test_socket(1 << 20), test_socket(1 << 20), test_socket(1 << 20)];
    for member in &members {
        member.join(test_module::GROUP).unwrap();
    }
    let socket = test_socket(1 << 20);
    for _ in 0..31 {
        test_module::greet(&socket, TIMEOUT).unwrap();
    }
    for member in &members {
        receive(member, 31);
    }
    assert_eq!(Module::counters()["multicast"] - before["multicast"], 31);
}

#[test]
fn refuses_what_is_malformed_with_a_text() {
    let _module = Module::load();
    let socket = test_socket(1 << 20);
    let too_large = test_module::load(&socket, 1, 99_999, 0, TIMEOUT).unwrap_err().to_string();
    assert!(too_large.contains("load message size exceeds 16384 bytes"), "{too_large}");
    let flags = test_module::load(&socket, 1, 1, 8, TIMEOUT).unwrap_err().to_string();
    assert!(flags.contains("unknown load flags"), "{flags}");
    assert_eq!(Module::counters()["requests_refused"], 2);
}

#[test]
fn loads_by_itself_when_its_protocol_is_asked_for() {
    wait_for("the module is gone", || {
        !Command::new("rmmod").arg("netlink_test").status().unwrap().success()
    });
    drop(test_socket(1 << 16));
    let modules = std::fs::read_to_string("/proc/modules").unwrap();
    assert!(modules.contains("netlink_test"), "{modules}");
    run("rmmod", &["netlink_test"]);
}

#[test]
fn unloads_under_load() {
    for round in 0..5 {
        let module = Module::load();
        Module::set("deferred", "1");
        Module::set("interval_ms", "1");
        let senders: Vec<_> = (0..3)
            .map(|_| {
                thread::spawn(|| {
                    let socket = test_socket(4 << 20);
                    socket.join(test_module::GROUP).unwrap();
                    for number in 0..53 {
                        let echo = message(test_module::ECHO, number, b"load");
                        // The queue may be full, and the kernel may say so: that is load.
                        drop(socket.send(&echo));
                    }
                    // Its replies may be many; they are in the way of nothing.
                    drop(test_module::load(&socket, 211, 64, LOAD_MULTICAST, TIMEOUT));
                })
            })
            .collect();
        for sender in senders {
            sender.join().unwrap();
        }
        Module::set("delay_ms", "50");
        let socket = test_socket(1 << 20);
        for number in 0..17 {
            socket.send(&message(test_module::ECHO, number, b"late")).unwrap();
        }
        drop(socket);
        // Seventeen slow echoes are queued.
        drop(module);
        let modules = std::fs::read_to_string("/proc/modules").unwrap();
        assert!(!modules.contains("netlink_test"), "round {round}: still loaded");
    }
    let log = run("dmesg", &[]);
    let trouble = log.lines().find(|line| {
        ["WARNING:", "BUG:", "Oops", "use-after-free"].iter().any(|word| line.contains(word))
    });
    assert_eq!(trouble, None);
}
