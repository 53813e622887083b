//! A file system for the database that fails, tears, dies and loses power where it is told to.
//!
//! It stands in front of the system's own and counts every write, truncation, sync and removal. While
//! power is to be cut it keeps writes in memory until they are synced, as a disk's cache would: what
//! was not synced when the process ends was never written.
#![expect(
    unsafe_code,
    reason = "the database's file system interface is one of raw pointers"
)]

use std::collections::HashMap;
use std::ffi::{c_char, c_int, c_void};
use std::mem::size_of;
use std::ptr;
use std::slice;
use std::sync::Mutex;
use std::sync::atomic::{AtomicI32, AtomicU64, AtomicUsize, Ordering};

use rusqlite::ffi::{self, sqlite3_file, sqlite3_int64, sqlite3_io_methods, sqlite3_vfs};

/// What happens at the chosen operation.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Fault {
    /// Power is cut: nothing that was not synced is there.
    Cut,
    /// Power is cut: every second unsynced write got through.
    CutSome,
    /// The operation is not done, and says so.
    Fail,
    /// As `Fail`, with the error of a full disk.
    Full,
    /// The process dies after the operation.
    KillAfter,
    /// The process dies before the operation.
    KillBefore,
    /// The operation is done, and says that it failed.
    Landed,
    /// The process dies when half of the operation is done.
    Torn,
}

impl Fault {
    pub const ALL: [Self; 8] = [
        Self::Cut,
        Self::CutSome,
        Self::Fail,
        Self::Full,
        Self::KillAfter,
        Self::KillBefore,
        Self::Landed,
        Self::Torn,
    ];

    fn loses_power(self) -> bool {
        matches!(self, Self::Cut | Self::CutSome)
    }
}

static SYSTEM: AtomicUsize = AtomicUsize::new(0);
static FAULT: AtomicI32 = AtomicI32::new(-1);
static AT: AtomicU64 = AtomicU64::new(u64::MAX);
static DONE: AtomicU64 = AtomicU64::new(0);
static PENDING: Mutex<Option<HashMap<usize, Vec<Pending>>>> = Mutex::new(None);

enum Pending {
    Write(i64, Vec<u8>),
    Truncate(i64),
}

#[repr(C)]
struct ShimFile {
    base: sqlite3_file,
    _align: u64,
}

/// Makes the `at`th counted operation from now on fail; from 1.
pub fn arm(fault: Fault, at: u64) {
    let number = Fault::ALL.iter().position(|each| *each == fault).unwrap();
    DONE.store(0, Ordering::SeqCst);
    AT.store(at, Ordering::SeqCst);
    FAULT.store(i32::try_from(number).unwrap(), Ordering::SeqCst);
}

/// Puts the shim before the system's own file system, for the whole process.
pub fn install() {
    // SAFETY: the default file system is a static of the database library; the copy is leaked, so
    // that it lives as long. Called before any database is open.
    unsafe {
        let system = ffi::sqlite3_vfs_find(ptr::null());
        SYSTEM.store(system as usize, Ordering::SeqCst);
        let mut shim: sqlite3_vfs = *system;
        shim.szOsFile += c_int::try_from(size_of::<ShimFile>()).unwrap();
        shim.zName = c"faults".as_ptr();
        shim.pNext = ptr::null_mut();
        shim.xOpen = Some(open);
        shim.xDelete = Some(delete);
        let shim = Box::leak(Box::new(shim));
        assert_eq!(ffi::sqlite3_vfs_register(shim, 1), ffi::SQLITE_OK);
    }
}

fn armed() -> Option<Fault> {
    usize::try_from(FAULT.load(Ordering::SeqCst))
        .ok()
        .map(|number| Fault::ALL[number])
}

/// Counts an operation; tells the fault if this is the one.
fn count() -> Option<Fault> {
    let fault = armed()?;
    let done = DONE.fetch_add(1, Ordering::SeqCst) + 1;
    (done == AT.load(Ordering::SeqCst)).then_some(fault)
}

/// Runs an operation with its fault, if it has one.
fn gated(error: c_int, half: impl FnOnce(), act: impl FnOnce() -> c_int) -> c_int {
    match count() {
        None => act(),
        Some(Fault::Cut | Fault::KillBefore) => std::process::abort(),
        Some(Fault::CutSome) => {
            let mut pending = PENDING.lock().unwrap();
            for (file, writes) in pending.get_or_insert_default().iter_mut() {
                let kept = writes.drain(..).enumerate().filter(|(at, _)| at % 2 == 0);
                // SAFETY: the file is open, or its writes would have been flushed when it closed.
                kept.for_each(|(_, write)| unsafe {
                    apply(*file as *mut sqlite3_file, &write);
                });
            }
            std::process::abort()
        }
        Some(Fault::Fail) => error,
        Some(Fault::Full) => ffi::SQLITE_FULL,
        Some(Fault::KillAfter) => {
            act();
            std::process::abort()
        }
        Some(Fault::Landed) => {
            act();
            error
        }
        Some(Fault::Torn) => {
            half();
            std::process::abort()
        }
    }
}

fn real(file: *mut sqlite3_file) -> *mut sqlite3_file {
    // SAFETY: `szOsFile` leaves room for the system's own file behind ours.
    unsafe { file.cast::<u8>().add(size_of::<ShimFile>()).cast() }
}

unsafe fn methods<'a>(file: *mut sqlite3_file) -> &'a sqlite3_io_methods {
    // SAFETY: the system's file is open, so its methods are set.
    unsafe { &*(*file).pMethods }
}

unsafe fn apply(file: *mut sqlite3_file, pending: &Pending) -> c_int {
    // SAFETY: as for the callers; the bytes live through the call.
    unsafe {
        match pending {
            Pending::Write(at, bytes) => {
                let length = c_int::try_from(bytes.len()).unwrap();
                methods(file).xWrite.unwrap()(file, bytes.as_ptr().cast(), length, *at)
            }
            Pending::Truncate(size) => methods(file).xTruncate.unwrap()(file, *size),
        }
    }
}

unsafe fn flush(file: *mut sqlite3_file) -> c_int {
    let mut pending = PENDING.lock().unwrap();
    let writes = pending
        .get_or_insert_default()
        .remove(&(file as usize))
        .unwrap_or_default();
    // SAFETY: the caller's file is open.
    let mut results = writes.iter().map(|write| unsafe { apply(file, write) });
    results
        .find(|result| *result != ffi::SQLITE_OK)
        .unwrap_or(ffi::SQLITE_OK)
}

fn keep(file: *mut sqlite3_file, write: Pending) -> c_int {
    let mut pending = PENDING.lock().unwrap();
    pending
        .get_or_insert_default()
        .entry(file as usize)
        .or_default()
        .push(write);
    ffi::SQLITE_OK
}

/// The file's size with what is not written yet.
unsafe fn logical_size(file: *mut sqlite3_file) -> i64 {
    let mut size = 0;
    // SAFETY: the caller's file is open.
    unsafe { methods(file).xFileSize.unwrap()(file, &raw mut size) };
    let mut pending = PENDING.lock().unwrap();
    let writes = pending.get_or_insert_default().get(&(file as usize));
    for write in writes.into_iter().flatten() {
        size = match write {
            Pending::Write(at, bytes) => size.max(at + i64::try_from(bytes.len()).unwrap()),
            Pending::Truncate(to) => *to,
        };
    }
    size
}

// SAFETY (all below): the database library calls these with pointers that it owns and that are valid
// for the call, as its interface says; each passes them on to the system's own method.

unsafe extern "C" fn open(
    _vfs: *mut sqlite3_vfs,
    name: *const c_char,
    file: *mut sqlite3_file,
    flags: c_int,
    out: *mut c_int,
) -> c_int {
    unsafe {
        (*file).pMethods = ptr::null();
        let system = SYSTEM.load(Ordering::SeqCst) as *mut sqlite3_vfs;
        let result = (*system).xOpen.unwrap()(system, name, real(file), flags, out);
        if !(*real(file)).pMethods.is_null() {
            (*file).pMethods = &raw const METHODS;
        }
        result
    }
}

unsafe extern "C" fn delete(
    _vfs: *mut sqlite3_vfs,
    name: *const c_char,
    sync_directory: c_int,
) -> c_int {
    gated(
        ffi::SQLITE_IOERR_DELETE,
        || {},
        || unsafe {
            let system = SYSTEM.load(Ordering::SeqCst) as *mut sqlite3_vfs;
            (*system).xDelete.unwrap()(system, name, sync_directory)
        },
    )
}

unsafe extern "C" fn close(file: *mut sqlite3_file) -> c_int {
    unsafe {
        flush(real(file));
        methods(real(file)).xClose.unwrap()(real(file))
    }
}

unsafe extern "C" fn read(
    file: *mut sqlite3_file,
    to: *mut c_void,
    length: c_int,
    at: sqlite3_int64,
) -> c_int {
    unsafe {
        let result = methods(real(file)).xRead.unwrap()(real(file), to, length, at);
        if !armed().is_some_and(Fault::loses_power) {
            return result;
        }
        if result != ffi::SQLITE_OK && result != ffi::SQLITE_IOERR_SHORT_READ {
            return result;
        }
        let wanted = i64::from(length);
        let bytes = slice::from_raw_parts_mut(to.cast::<u8>(), usize::try_from(length).unwrap());
        {
            let mut pending = PENDING.lock().unwrap();
            let writes = pending.get_or_insert_default().get(&(real(file) as usize));
            for write in writes.into_iter().flatten() {
                overlay(bytes, at, write);
            }
        }
        if at + wanted > logical_size(real(file)) {
            ffi::SQLITE_IOERR_SHORT_READ
        } else {
            ffi::SQLITE_OK
        }
    }
}

/// Lays a kept write over bytes that were read at `start`.
fn overlay(bytes: &mut [u8], start: i64, write: &Pending) {
    for (offset, byte) in bytes.iter_mut().enumerate() {
        let place = start + i64::try_from(offset).unwrap();
        match write {
            Pending::Write(at, new) => {
                let inside = usize::try_from(place - at)
                    .ok()
                    .and_then(|inside| new.get(inside));
                *byte = inside.copied().unwrap_or(*byte);
            }
            Pending::Truncate(size) if place >= *size => *byte = 0,
            Pending::Truncate(_) => {}
        }
    }
}

unsafe extern "C" fn write(
    file: *mut sqlite3_file,
    from: *const c_void,
    length: c_int,
    at: sqlite3_int64,
) -> c_int {
    let write = |length: c_int| unsafe {
        methods(real(file)).xWrite.unwrap()(real(file), from, length, at)
    };
    gated(
        ffi::SQLITE_IOERR_WRITE,
        || {
            write(length / 2);
        },
        || {
            if armed().is_some_and(Fault::loses_power) {
                let length = usize::try_from(length).unwrap();
                let bytes = unsafe { slice::from_raw_parts(from.cast::<u8>(), length) };
                keep(real(file), Pending::Write(at, bytes.to_vec()))
            } else {
                write(length)
            }
        },
    )
}

unsafe extern "C" fn truncate(file: *mut sqlite3_file, size: sqlite3_int64) -> c_int {
    gated(
        ffi::SQLITE_IOERR_TRUNCATE,
        || {},
        || {
            if armed().is_some_and(Fault::loses_power) {
                keep(real(file), Pending::Truncate(size))
            } else {
                unsafe { methods(real(file)).xTruncate.unwrap()(real(file), size) }
            }
        },
    )
}

unsafe extern "C" fn sync(file: *mut sqlite3_file, flags: c_int) -> c_int {
    gated(
        ffi::SQLITE_IOERR_FSYNC,
        || {},
        || unsafe {
            match flush(real(file)) {
                ffi::SQLITE_OK => methods(real(file)).xSync.unwrap()(real(file), flags),
                error => error,
            }
        },
    )
}

unsafe extern "C" fn file_size(file: *mut sqlite3_file, size: *mut sqlite3_int64) -> c_int {
    unsafe {
        *size = logical_size(real(file));
    }
    ffi::SQLITE_OK
}

/// A method that only passes its arguments on.
macro_rules! pass {
    ($name:ident, $method:ident $(, $argument:ident: $type:ty)*) => {
        unsafe extern "C" fn $name(file: *mut sqlite3_file $(, $argument: $type)*) -> c_int {
            unsafe { methods(real(file)).$method.unwrap()(real(file) $(, $argument)*) }
        }
    };
}

pass!(lock, xLock, level: c_int);
pass!(unlock, xUnlock, level: c_int);
pass!(check_reserved_lock, xCheckReservedLock, out: *mut c_int);
pass!(file_control, xFileControl, code: c_int, argument: *mut c_void);
pass!(sector_size, xSectorSize);
pass!(shm_map, xShmMap, page: c_int, size: c_int, extend: c_int, out: *mut *mut c_void);
pass!(shm_lock, xShmLock, offset: c_int, count: c_int, flags: c_int);
pass!(shm_unmap, xShmUnmap, remove: c_int);

/// No promises: not that a sector is written whole, nor in which order.
unsafe extern "C" fn characteristics(_file: *mut sqlite3_file) -> c_int {
    0
}

unsafe extern "C" fn shm_barrier(file: *mut sqlite3_file) {
    unsafe { methods(real(file)).xShmBarrier.unwrap()(real(file)) }
}

static METHODS: sqlite3_io_methods = sqlite3_io_methods {
    iVersion: 2,
    xClose: Some(close),
    xRead: Some(read),
    xWrite: Some(write),
    xTruncate: Some(truncate),
    xSync: Some(sync),
    xFileSize: Some(file_size),
    xLock: Some(lock),
    xUnlock: Some(unlock),
    xCheckReservedLock: Some(check_reserved_lock),
    xFileControl: Some(file_control),
    xSectorSize: Some(sector_size),
    xDeviceCharacteristics: Some(characteristics),
    xShmMap: Some(shm_map),
    xShmLock: Some(shm_lock),
    xShmBarrier: Some(shm_barrier),
    xShmUnmap: Some(shm_unmap),
    xFetch: None,
    xUnfetch: None,
};
