//! Attaches programs by `kprobe.multi` links: kprobes that need no perf event, and so no right
//! beyond `CAP_BPF` and `CAP_PERFMON`. Linux has them from 5.18 on with `CONFIG_FPROBE`.
//!
//! `aya` has no such program type, and the kernel wants to know the type when it loads a program. So
//! this module parses the object once more, links it to the maps that `aya` has made, and loads and
//! attaches the programs itself. It owns nothing but what it returns: a program and its link.

use std::{
    collections::HashSet,
    ffi::{CString, c_char},
    io,
    os::fd::{AsRawFd as _, OwnedFd},
};

use aya::programs::ProgramError;
use aya_obj::{
    Function, Object, VerifierLog,
    generated::{
        BPF_F_KPROBE_MULTI_RETURN, bpf_attach_type::BPF_TRACE_KPROBE_MULTI, bpf_cmd,
        bpf_prog_type::BPF_PROG_TYPE_KPROBE,
    },
};

use super::syscall::{descriptor, zeroed};

/// Room for what the verifier has to say about a program that it refuses.
const VERIFIER_LOG_BYTES: usize = 1 << 20;

/// The programs, ready to be loaded with this attach type.
pub(super) struct Multi {
    object: Object,
    /// The kernel's copy of the object's type information: it marks the functions that the verifier
    /// goes through by themselves.
    btf: Option<OwnedFd>,
}

/// A program that is attached. Dropping it detaches it.
pub(super) struct MultiLink {
    pub(super) program: OwnedFd,
    pub(super) link: OwnedFd,
}

/// Which end of a function a program is attached to.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum AttachPoint {
    Entry,
    Return,
}

impl Multi {
    /// The programs of an object whose maps are these, by their names.
    pub(super) fn new(object: &[u8], maps: &[(String, OwnedFd)]) -> Result<Self, Error> {
        let mut object = Object::parse(object)?;
        let btf = match aya::features().btf() {
            Some(features) => object.fixup_and_sanitize_btf(features)?.map(aya::Btf::to_bytes),
            None => None,
        };
        let btf = btf.map(|bytes| load_btf(&bytes)).transpose().map_err(Error::LoadBtf)?;
        let defined = std::mem::take(&mut object.maps);
        let linked = maps.iter().filter_map(|(name, fd)| {
            defined.get(name.as_str()).map(|definition| (name.as_str(), fd.as_raw_fd(), definition))
        });
        // The wrong map would do for one that is missing, as far as linking goes.
        if let Some(missing) = defined.keys().find(|name| !maps.iter().any(|(has, _)| has == *name))
        {
            return Err(Error::NoMap(missing.clone()));
        }
        let sections: HashSet<usize> =
            object.functions.keys().map(|(section, _)| *section).collect();
        object.relocate_maps(linked, &sections)?;
        object.relocate_calls(&sections)?;
        Ok(Self { object, btf })
    }

    /// Loads the program of this name, and attaches it to a kernel function.
    pub(super) fn attach(
        &self,
        name: &str,
        symbol: &str,
        end: AttachPoint,
    ) -> Result<MultiLink, Error> {
        let program = self.load(name)?;
        let link = create_link(&program, symbol, end).map_err(Error::Link)?;
        Ok(MultiLink { program, link })
    }

    fn load(&self, name: &str) -> Result<OwnedFd, Error> {
        let program = self.object.programs.get(name).ok_or(Error::NoProgram)?;
        let function = self.object.functions.get(&program.function_key());
        let function = function.ok_or(Error::NoProgram)?;
        // A second attempt, with a log: making one costs the verifier time.
        self.load_function(name, function, &mut []).or_else(|_refused| {
            let mut log = vec![0; VERIFIER_LOG_BYTES];
            self.load_function(name, function, &mut log).map_err(|io_error| {
                let text = log.split(|byte| *byte == 0).next().unwrap_or_default();
                let verifier_log = VerifierLog::new(String::from_utf8_lossy(text).into_owned());
                ProgramError::LoadError { io_error, verifier_log }.into()
            })
        })
    }

    fn load_function(
        &self,
        name: &str,
        function: &Function,
        log: &mut [u8],
    ) -> io::Result<OwnedFd> {
        let (functions, lines) =
            (function.func_info.func_info_bytes(), function.line_info.line_info_bytes());
        let mut attr = zeroed();
        // SAFETY: all zeros are a value of every variant.
        let load = unsafe { &mut attr.__bindgen_anon_3 };
        load.prog_type = BPF_PROG_TYPE_KPROBE as u32;
        load.expected_attach_type = BPF_TRACE_KPROBE_MULTI as u32;
        // The last byte stays zero.
        let length = load.prog_name.len() - 1;
        for (to, from) in load.prog_name.iter_mut().take(length).zip(name.bytes()) {
            *to = c_char::from_ne_bytes([from]);
        }
        load.insns = function.instructions.as_ptr() as u64;
        load.insn_cnt = length_of(&function.instructions);
        load.license = self.object.license.as_ptr() as u64;
        if let Some(btf) = &self.btf {
            load.prog_btf_fd = btf.as_raw_fd().cast_unsigned();
            load.func_info = functions.as_ptr() as u64;
            load.func_info_cnt = size_of_u32(function.func_info.len());
            load.func_info_rec_size = size_of_u32(function.func_info_rec_size);
            load.line_info = lines.as_ptr() as u64;
            load.line_info_cnt = size_of_u32(function.line_info.len());
            load.line_info_rec_size = size_of_u32(function.line_info_rec_size);
        }
        if !log.is_empty() {
            load.log_level = 1;
            load.log_buf = log.as_mut_ptr() as u64;
            load.log_size = length_of(log);
        }
        // SAFETY: the pointers are to memory that outlives the call, of the lengths beside them.
        unsafe { descriptor(bpf_cmd::BPF_PROG_LOAD, &mut attr) }
    }
}

/// Why a program is not attached.
#[derive(Debug, thiserror::Error)]
pub(super) enum Error {
    #[error(transparent)]
    Parse(#[from] aya_obj::ParseError),
    #[error(transparent)]
    Btf(#[from] aya::BtfError),
    #[error(transparent)]
    Relocation(#[from] aya_obj::relocation::EbpfRelocationError),
    #[error("the object has no such program")]
    NoProgram,
    #[error("map {0} is missing")]
    NoMap(String),
    #[error("BPF_BTF_LOAD")]
    LoadBtf(#[source] io::Error),
    #[error(transparent)]
    Load(#[from] ProgramError),
    #[error("BPF_LINK_CREATE")]
    Link(#[source] io::Error),
}

fn load_btf(bytes: &[u8]) -> io::Result<OwnedFd> {
    let mut attr = zeroed();
    // SAFETY: all zeros are a value of every variant.
    let load = unsafe { &mut attr.__bindgen_anon_7 };
    load.btf = bytes.as_ptr() as u64;
    load.btf_size = length_of(bytes);
    // SAFETY: the bytes outlive the call.
    unsafe { descriptor(bpf_cmd::BPF_BTF_LOAD, &mut attr) }
}

fn create_link(program: &OwnedFd, symbol: &str, end: AttachPoint) -> io::Result<OwnedFd> {
    let symbol = CString::new(symbol)?;
    let symbols = [symbol.as_ptr()];
    let mut attr = zeroed();
    // SAFETY: all zeros are a value of every variant.
    let create = unsafe { &mut attr.link_create };
    create.__bindgen_anon_1.prog_fd = program.as_raw_fd().cast_unsigned();
    create.attach_type = BPF_TRACE_KPROBE_MULTI as u32;
    // SAFETY: as above.
    let multi = unsafe { &mut create.__bindgen_anon_3.kprobe_multi };
    multi.flags = if end == AttachPoint::Return { BPF_F_KPROBE_MULTI_RETURN } else { 0 };
    multi.cnt = length_of(&symbols);
    multi.syms = symbols.as_ptr() as u64;
    // SAFETY: one pointer to a string that ends with a zero; both outlive the call.
    unsafe { descriptor(bpf_cmd::BPF_LINK_CREATE, &mut attr) }
}

fn length_of<T>(items: &[T]) -> u32 {
    size_of_u32(items.len())
}

/// A length for the kernel. One that does not fit is longer than the kernel takes, too.
fn size_of_u32(length: usize) -> u32 {
    u32::try_from(length).unwrap_or(u32::MAX)
}
