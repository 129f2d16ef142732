//! Which process holds which netlink socket, and which network namespace each process is in, of all
//! processes: iterations over open files and over tasks, by programs that the kernel runs for each
//! while the daemon reads. They need no right to look into other users' processes, and 5.8. A walk
//! through `/proc` would cost a hundred times as much.
//!
//! The first program also keeps the owners that overruns are counted by
//! (`nlmon-ebpf/src/owners.rs`).

use std::{
    fs::File,
    io::{self, Read as _},
    os::fd::{AsFd as _, AsRawFd as _, OwnedFd},
};

use aya::{
    Ebpf, EbpfLoader, Pod,
    programs::{Iter, ProgramError},
};
use aya_obj::generated::{bpf_attach_type::BPF_TRACE_ITER, bpf_cmd};
use nlmon_common::{
    ABI,
    socket::{Holding, Process, SocketOffsets},
};

use super::{
    Error,
    attach::{by_name, reason},
    btf::{self, Btf},
    load::{ABI_MARK, OBJECT, check_system},
    offsets::offsets,
    read_btf,
    syscall::{descriptor, zeroed},
};

/// The programs, each with what the kernel calls its iteration.
const OF_FILES: [&str; 2] = ["iter_holdings", "task_file"];
const OF_TASKS: [&str; 2] = ["iter_processes", "task"];

/// Every map of the object that is large, and not this program's.
const OTHER_MAPS: [&str; 9] = [
    "CONTEXTS",
    "DATAGRAMS",
    "ERRORS",
    "EXECS",
    "MESSAGES",
    "MESSAGE_COUNTS",
    "OVERRUNS",
    "OWNERS",
    "SHARES",
];

/// The smallest size of a ring: a page, of any architecture.
const RING_BYTES: u32 = 64 << 10;

/// The loaded programs, each by a descriptor of its own: they are read wherever the probes are. `aya`
/// would give a second one for `CAP_SYS_ADMIN` only, and lets a link be read once.
pub struct Holdings {
    of_files: Iteration,
    of_tasks: Iteration,
}

/// A program that iterates.
struct Iteration(OwnedFd);

impl Holdings {
    /// Loads the program of an object by itself, for whoever does without the probes.
    pub fn load() -> Result<Self, Error> {
        check_system()?;
        let blob = read_btf()?;
        let btf = Btf::parse(&blob)?;
        let (offsets, socket_offsets) = (offsets(&btf)?, socket_offsets(&btf)?);
        let mut loader = EbpfLoader::new();
        loader
            .override_global("OFFSETS", &offsets, true)
            .override_global("SOCKET_OFFSETS", &socket_offsets, true)
            .override_global(ABI_MARK, &ABI, true)
            .map_max_entries("SAMPLES", RING_BYTES);
        for name in OTHER_MAPS {
            loader.map_max_entries(name, 1);
        }
        let mut ebpf = loader.load(OBJECT).map_err(Error::Load)?;
        Self::of(&mut ebpf)
    }

    /// The program of a loaded object, once gone through: sockets that were there before the probes
    /// have owners by then.
    pub(super) fn begin(ebpf: &mut Ebpf) -> Result<Self, Error> {
        let holdings = Self::of(ebpf)?;
        holdings.read()?;
        Ok(holdings)
    }

    fn of(ebpf: &mut Ebpf) -> Result<Self, Error> {
        let kernel = aya::Btf::from_sys_fs().map_err(|error| Error::Load(error.into()))?;
        let mut load = |of| Iteration::load(ebpf, of, &kernel);
        Ok(Self { of_files: load(OF_FILES)?, of_tasks: load(OF_TASKS)? })
    }

    /// What is held now. A socket is told once for each process that holds it, by the number of the
    /// process.
    pub fn read(&self) -> Result<Vec<Holding>, Error> {
        self.of_files.read().map_err(Error::Holdings)
    }

    /// Every process that there is now.
    pub fn processes(&self) -> Result<Vec<Process>, Error> {
        self.of_tasks.read().map_err(Error::Holdings)
    }
}

impl Iteration {
    fn load(ebpf: &mut Ebpf, [name, of]: [&str; 2], kernel: &aya::Btf) -> Result<Self, Error> {
        let iterator: &mut Iter = by_name(ebpf, name).map_err(refused)?;
        iterator.load(of, kernel).map_err(refused)?;
        let fd = iterator.fd().map_err(refused)?.as_fd().try_clone_to_owned();
        Ok(Self(fd.map_err(Error::Holdings)?))
    }

    /// What the program tells of everything.
    fn read<T: Pod>(&self) -> io::Result<Vec<T>> {
        let mut bytes = Vec::new();
        File::from(self.begin()?).read_to_end(&mut bytes)?;
        Ok(bytes.chunks_exact(size_of::<T>()).filter_map(parse).collect())
    }

    /// A new iteration, as a file to read.
    fn begin(&self) -> io::Result<OwnedFd> {
        let mut attr = zeroed();
        // SAFETY: all zeros are a value of every variant.
        let create = unsafe { &mut attr.link_create };
        create.__bindgen_anon_1.prog_fd = self.0.as_raw_fd().cast_unsigned();
        create.attach_type = BPF_TRACE_ITER as u32;
        // SAFETY: the attributes have no pointers.
        let link = unsafe { descriptor(bpf_cmd::BPF_LINK_CREATE, &mut attr) }?;
        let mut attr = zeroed();
        attr.iter_create.link_fd = link.as_raw_fd().cast_unsigned();
        // SAFETY: as above.
        unsafe { descriptor(bpf_cmd::BPF_ITER_CREATE, &mut attr) }
    }
}

fn refused(error: ProgramError) -> Error {
    Error::Iteration(reason(error))
}

fn parse<T: Pod>(bytes: &[u8]) -> Option<T> {
    let bytes = bytes.get(..size_of::<T>())?;
    // SAFETY: the slice has the size of the type, every bit pattern of which is a value, and the
    // read does not ask for alignment.
    Some(unsafe { bytes.as_ptr().cast::<T>().read_unaligned() })
}

/// Every offset of [`SocketOffsets`]; the error names the first field that is missing.
pub(super) fn socket_offsets(btf: &Btf<'_>) -> Result<SocketOffsets, btf::Error> {
    Ok(SocketOffsets {
        iter_seq: btf.offset("bpf_iter_meta", "seq")?,
        iter_session: btf.offset("bpf_iter_meta", "session_id")?,
        task_tgid: btf.offset("task_struct", "tgid")?,
        task_cred: btf.offset("task_struct", "real_cred")?,
        cred_uid: btf.offset("cred", "uid")?,
        task_nsproxy: btf.offset("task_struct", "nsproxy")?,
        nsproxy_net: btf.offset("nsproxy", "net_ns")?,
        file_inode: btf.offset("file", "f_inode")?,
        file_private: btf.offset("file", "private_data")?,
        inode_mode: btf.offset("inode", "i_mode")?,
        inode_number: btf.offset("inode", "i_ino")?,
        socket_sk: btf.offset("socket", "sk")?,
        sock_family: btf.offset("sock", "__sk_common.skc_family")?,
        sock_uid: btf.offset("sock", "sk_uid")?,
        sock_rmem: btf.offset("sock", "sk_backlog.rmem_alloc")?,
        sock_rcvbuf: btf.offset("sock", "sk_rcvbuf")?,
        sock_drops: btf.offset("sock", "sk_drops")?,
        netlink_groups: btf.offset("netlink_sock", "groups")?,
        netlink_groups_len: btf.offset("netlink_sock", "ngroups")?,
    })
}
