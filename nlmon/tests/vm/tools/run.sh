# What the scripts beside this one begin with. `sh SCRIPT DIRECTORY` works in the directory.
mkdir -p "$1" && cd "$1" || exit 1
# Runs a command. What the kernel or the tools of this release refuse is noted in `failed`.
r() { "$@" >/dev/null 2>>err || echo "$*" >>failed; }
# Runs a tool on objects that are there. It writes what it prints to NAME.out, and strace what its
# sockets sent and received to NAME.strace.
t() {
    name=$1; shift
    timeout 60 strace -f -o "$name.strace" -e trace=network -e read=all -e write=all -e signal=none \
        "$@" >"$name.out" 2>"$name.err" || echo "$name: $*" >>failed
}
# Makes JSON of what a tool printed as text, by a program of awk. `member`, `flag` and `list` add a value
# to the object that is being made, `begin` begins the next one, and `nest` and `up` go in and out.
words() {
    name=$1; shift
    awk "$@"'
    function member(name, value) {
        gsub(/["\\]/, "\\\\&", value)
        key(name); printf "\"%s\"", value
    }
    function key(name) { printf "%s\"%s\":", (empty ? "" : ","), name; empty = 0 }
    function flag(name) { key(name); printf "true" }
    function list(name, text, by,   items, i, n) {
        key(name); printf "["
        n = split(text, items, by)
        for (i = 1; i <= n; i++) printf "%s\"%s\"", (i > 1 ? "," : ""), items[i]
        printf "]"
    }
    function nest(name) { key(name); printf "{"; empty = 1 }
    function up() { printf "}"; empty = 0 }
    function begin() { printf "%s{", (objects++ ? "}," : "["); empty = 1 }
    END { print (objects ? "}]" : "[]") }' "$name.out" >"$name.text" && mv "$name.text" "$name.out"
}
