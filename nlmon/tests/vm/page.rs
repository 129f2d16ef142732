//! The page in a browser: what is shown of what really happens, by which keys, in dark and in light.
//! In a guest of its own, because a browser is larger than all the rest of one.

use std::{
    fs,
    io::Write as _,
    path::Path,
    process::{Command, Stdio},
};

use nlmon::subscribe::Socket;
use serde_json::Value;

use crate::browser::Browser;
use crate::support::{Daemon, run, try_run, wait_for};

/// Where screenshots go in the guest, and the port that takes them out of it.
const SCREENSHOTS: &str = "/root/screenshots";
const PORT: &str = "/dev/vport0p2";

const ROUTE: u8 = 0;
const LINK_GROUP: u32 = 1;

/// The least contrast of all texts that can be seen, with the text.
const CONTRAST: &str = r#"(() => {
    const light = (color) => {
        const parts = color.match(/[\d.]+/g).map(Number);
        if (parts[3] === 0) return null;
        const [r, g, b] = parts.slice(0, 3).map((c) => {
            const part = c / 255;
            return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
        });
        return 0.2126 * r + 0.7152 * g + 0.0722 * b;
    };
    const behind = (at) => {
        for (; at; at = at.parentElement) {
            const found = light(getComputedStyle(at).backgroundColor);
            if (found !== null) return found;
        }
        return 1;
    };
    let least = [21, ""];
    for (const at of document.querySelectorAll("body *")) {
        const text = [...at.childNodes].filter((n) => n.nodeType === 3 && n.data.trim()).map((n) => n.data).join();
        if (!text || !at.checkVisibility()) continue;
        const style = getComputedStyle(at);
        const [a, b] = [light(at instanceof SVGElement ? style.fill : style.color), behind(at)];
        const ratio = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
        if (ratio < least[0]) least = [ratio, text];
    }
    return least;
})()"#;

fn rows(browser: &mut Browser) -> Vec<String> {
    let rows = browser.value("[...document.querySelectorAll('tr.record')].map((r) => r.innerText)");
    let rows = rows.as_array().unwrap().iter();
    rows.map(|row| row.as_str().unwrap().replace('\t', " ")).collect()
}

/// Waits for a row that has all of these words.
fn wait_for_row(browser: &mut Browser, words: &[&str]) -> String {
    let mut found = String::new();
    wait_for(&format!("a row with {words:?}"), || {
        let rows = rows(browser);
        let has = |row: &&String| words.iter().all(|word| row.contains(word));
        let row = rows.iter().find(has).cloned();
        found = row.clone().unwrap_or_default();
        row.is_some()
    });
    found
}

fn focused(browser: &mut Browser) -> String {
    browser.text("document.activeElement.name || document.activeElement.id || document.activeElement.className")
}

/// Keeps a screenshot.
fn keep(browser: &mut Browser, name: &str) {
    fs::create_dir_all(SCREENSHOTS).unwrap();
    let file = fs::File::create(Path::new(SCREENSHOTS).join(name)).unwrap();
    let mut decoder =
        Command::new("base64").arg("-d").stdin(Stdio::piped()).stdout(file).spawn().unwrap();
    decoder.stdin.take().unwrap().write_all(browser.screenshot().as_bytes()).unwrap();
    assert!(decoder.wait().unwrap().success());
}

/// Takes the screenshots out of the guest when the test ends, however it does.
struct HandedOut;

impl Drop for HandedOut {
    fn drop(&mut self) {
        fs::create_dir_all(SCREENSHOTS).unwrap();
        run("tar", &["-C", SCREENSHOTS, "-cf", PORT, "."]);
    }
}

#[test]
fn a_person_sees_filters_pauses_and_finds_who_lost_something() {
    let _screenshots = HandedOut;
    let daemon = Daemon::start(&["--http-live", "--require-probes", "--sockets-interval", "1"]);
    let mut browser = Browser::start();
    browser.resize(1500, 950);
    browser.open(&format!("http://127.0.0.1:{}/", daemon.port()));
    browser.wait("document.readyState === 'complete' && document.getElementById('status').textContent === 'live'");
    shows_who_did_what(&mut browser);
    filters_by_keyboard(&mut browser);
    pauses(&mut browser);
    walks_the_records(&mut browser);
    finds_drops(&mut browser);
    tells_how_things_are(&mut browser);
    is_readable(&mut browser);
    let refusals = browser.complaints.iter().filter(|words| words.contains("400"));
    assert_eq!(refusals.count(), 1, "{:?}", browser.complaints);
    assert_eq!(browser.complaints.len(), 1, "{:?}", browser.complaints);
}

fn shows_who_did_what(browser: &mut Browser) {
    run("ip", &["link", "add", "page0", "type", "bridge"]);
    wait_for_row(browser, &["ip[", "request", "RTM_NEWLINK", "page0", "ok after"]);
    wait_for_row(browser, &["multicast", "route:link", "RTM_NEWLINK", "page0", "by RTM_NEWLINK"]);
    try_run("ip", &["link", "add", "page1", "type", "nosuchkind"]);
    wait_for_row(browser, &["RTM_NEWLINK", "page1", "EOPNOTSUPP"]);
    assert!(browser.value("document.querySelector('tr.failed .went').innerText").is_string());
    browser.wait(
        "document.querySelector('#protocols svg').getAttribute('aria-label').includes('route ')",
    );
    browser.wait("document.querySelector('#processes .legend').innerText.includes('ip')");
    assert!(browser.text("document.getElementById('rates-note').textContent").contains("exact"));
    keep(browser, "light.png");
}

fn filters_by_keyboard(browser: &mut Browser) {
    browser.press("/");
    assert_eq!(focused(browser), "protocol");
    browser.write("rout");
    browser.press("Enter");
    browser
        .wait("document.getElementById('problem').innerText.includes('did you mean \"route\"?')");
    browser.write("route");
    browser.press("Tab");
    assert_eq!(focused(browser), "type");
    browser.write("RTM_*ADDR");
    browser.press("Enter");
    browser.wait("document.getElementById('status').textContent === 'live'");
    assert_eq!(browser.text("location.search"), "?protocol=route&type=RTM_*ADDR");
    run("ip", &["link", "set", "page0", "up"]);
    run("ip", &["addr", "add", "192.0.2.1/24", "dev", "page0"]);
    wait_for_row(browser, &["RTM_NEWADDR", "192.0.2.1/24"]);
    assert!(rows(browser).iter().all(|row| row.contains("ADDR")), "{:?}", rows(browser));
    browser.value("document.querySelector('button[type=reset]').click()");
    browser
        .wait("location.search === '' && document.getElementById('status').textContent === 'live'");
    browser.press("Escape");
}

fn pauses(browser: &mut Browser) {
    browser.value("document.getElementById('log').focus()");
    browser.press("p");
    assert_eq!(browser.value("document.getElementById('pause').ariaPressed"), "true");
    let before = rows(browser);
    run("ip", &["link", "set", "page0", "mtu", "1400"]);
    browser.wait("/^paused, [1-9]/.test(document.getElementById('log-note').textContent)");
    assert_eq!(rows(browser), before);
    browser.press("p");
    wait_for_row(browser, &["page0", "mtu 1400"]);
}

fn walks_the_records(browser: &mut Browser) {
    run("ip", &["link", "set", "page0", "mtu", "1300"]);
    wait_for_row(browser, &["page0", "mtu 1300"]);
    browser.press("p");
    browser.press("j");
    assert_eq!(focused(browser), rows_class(browser, 0));
    assert_ne!(browser.text("getComputedStyle(document.activeElement).outlineStyle"), "none");
    browser.press("ArrowDown");
    assert_eq!(
        browser
            .value("[...document.querySelectorAll('tr.record')].indexOf(document.activeElement)"),
        1
    );
    browser.press("Enter");
    browser.wait("document.querySelector('tr.detail .message')");
    keep(browser, "detail.png");
    browser.press("Enter");
    browser.wait("!document.querySelector('tr.detail')");
    browser.press("?");
    browser.wait("document.getElementById('help').open");
    browser.press("Escape");
    browser.wait("!document.getElementById('help').open");
    browser.press("p");
    // From the top, everything is reached in the order in which it is seen.
    browser.value("document.activeElement.blur(); document.querySelector('.skip').focus()");
    for expected in
        ["pause", "clear", "keys", "protocol", "type", "process", "errno", "text", "errors"]
    {
        browser.press("Tab");
        assert_eq!(focused(browser), expected);
    }
}

fn rows_class(browser: &mut Browser, index: usize) -> String {
    browser.text(&format!("document.querySelectorAll('tr.record')[{index}].className"))
}

/// A listener that does not read, and much for it to hear.
fn finds_drops(browser: &mut Browser) {
    let listener = Socket::open(ROUTE).unwrap();
    listener.set_receive_buffer(1).unwrap();
    listener.join(LINK_GROUP).unwrap();
    for _ in 0..7 {
        run("ip", &["link", "set", "page0", "down"]);
        run("ip", &["link", "set", "page0", "up"]);
    }
    assert!(listener.drops().unwrap() > 0);
    let comm = fs::read_to_string("/proc/self/comm").unwrap();
    browser.wait(&format!(
        "document.querySelector('#sockets tbody').innerText.includes('{}')",
        comm.trim_end()
    ));
    let lost = browser.text("document.querySelector('#sockets tbody .bad').innerText");
    assert!(lost.parse::<u32>().unwrap() > 0, "{lost}");
}

/// The loss that was just made is a finding, the link that was made a change, and somebody talks.
fn tells_how_things_are(browser: &mut Browser) {
    browser.wait("document.querySelector('#findings li')?.innerText.includes('warning lost')");
    let link = browser.text("document.querySelector('#findings li a').getAttribute('href')");
    assert!(link.starts_with("/page/runbook.md#"), "{link}");
    let fetched =
        "fetch('/page/runbook.md').then((r) => r.text()).then((t) => { window.book = t; })";
    browser.value(&format!("void {fetched}"));
    browser.wait("window.book?.includes('### Finding lost')");
    browser.wait(
        "document.querySelector('#changes ul').innerText.includes('link page0 changed by ip')",
    );
    browser
        .wait("document.querySelector('#talkers tbody').innerText.includes('RTM_NEWLINK page0')");
    // Out of the filter, in which letters are typed.
    browser.press("Escape");
    browser.press("f");
    assert_eq!(focused(browser), "findings");
    browser.press("h");
    assert_eq!(focused(browser), "changes");
    browser.press("Tab");
    assert_eq!(focused(browser), "scroll");
}

fn is_readable(browser: &mut Browser) {
    for scheme in ["light", "dark"] {
        browser.prefer(scheme);
        let least = browser.value(CONTRAST);
        assert!(least[0].as_f64().unwrap() >= 4.5, "{scheme}: {least}");
    }
    keep(browser, "dark.png");
    browser.resize(390, 844);
    let [width, room] =
        ["document.documentElement.scrollWidth", "innerWidth"].map(|of| browser.value(of));
    assert_eq!((&width, &room), (&Value::from(390), &Value::from(390)));
    keep(browser, "narrow.png");
}
