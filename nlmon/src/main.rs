//! The `nlmon` binary: everything is in the library.

fn main() -> std::process::ExitCode {
    nlmon::cli::main()
}
