#include "tests/agent/fault_disk.h"

#include <cstdlib>
#include <cstring>
#include <fstream>

namespace {

FaultDisk* disk = nullptr;  // SQLite's registry of VFSs is global, and so is this
sqlite3_vfs* real_vfs = nullptr;

// What SQLite sees as an open file; the real one's bytes follow it in memory.
struct FaultFile {
  sqlite3_file base;
  const std::string* path;
  sqlite3_file* real() { return reinterpret_cast<sqlite3_file*>(this + 1); }
};

FaultFile* Of(sqlite3_file* file) {
  return reinterpret_cast<FaultFile*>(file);
}
const sqlite3_io_methods* MethodsOf(sqlite3_file* file) {
  return Of(file)->real()->pMethods;
}
bool IsWatched(sqlite3_file* file) {
  return disk != nullptr && Of(file)->path != nullptr && disk->Holds(*Of(file)->path);
}
int Attempt(sqlite3_file* file, FaultDisk::Operation operation) {
  return IsWatched(file) ? disk->Attempt(*Of(file)->path, operation) : SQLITE_OK;
}

int Close(sqlite3_file* file) {
  const int result = MethodsOf(file)->xClose(Of(file)->real());
  delete Of(file)->path;
  return result;
}
int Read(sqlite3_file* file, void* bytes, int size, sqlite3_int64 offset) {
  const int result = Attempt(file, FaultDisk::Operation::read);
  return result != SQLITE_OK ? result
                             : MethodsOf(file)->xRead(Of(file)->real(), bytes, size, offset);
}
int Write(sqlite3_file* file, const void* bytes, int size, sqlite3_int64 offset) {
  if (const int result = Attempt(file, FaultDisk::Operation::write); result != SQLITE_OK) {
    return result;
  }
  const int result = MethodsOf(file)->xWrite(Of(file)->real(), bytes, size, offset);
  if (result == SQLITE_OK && IsWatched(file)) {
    disk->Wrote(*Of(file)->path, offset,
                {static_cast<const char*>(bytes), static_cast<std::size_t>(size)});
  }
  return result;
}
int Truncate(sqlite3_file* file, sqlite3_int64 size) {
  if (const int result = Attempt(file, FaultDisk::Operation::truncate); result != SQLITE_OK) {
    return result;
  }
  const int result = MethodsOf(file)->xTruncate(Of(file)->real(), size);
  if (result == SQLITE_OK && IsWatched(file)) disk->Truncated(*Of(file)->path, size);
  return result;
}
int Sync(sqlite3_file* file, int) {
  // The real fsync is left out: this disk alone decides what is durable.
  const int result = Attempt(file, FaultDisk::Operation::sync);
  if (result == SQLITE_OK && IsWatched(file)) disk->Synced(*Of(file)->path);
  if (result != SQLITE_OK) disk->SyncFailed(*Of(file)->path);
  return result;
}
int FileSize(sqlite3_file* file, sqlite3_int64* size) {
  return MethodsOf(file)->xFileSize(Of(file)->real(), size);
}
int Lock(sqlite3_file* file, int level) {
  return MethodsOf(file)->xLock(Of(file)->real(), level);
}
int Unlock(sqlite3_file* file, int level) {
  return MethodsOf(file)->xUnlock(Of(file)->real(), level);
}
int CheckReservedLock(sqlite3_file* file, int* result) {
  return MethodsOf(file)->xCheckReservedLock(Of(file)->real(), result);
}
int FileControl(sqlite3_file* file, int operation, void* argument) {
  return MethodsOf(file)->xFileControl(Of(file)->real(), operation, argument);
}
int SectorSize(sqlite3_file* file) {
  return MethodsOf(file)->xSectorSize(Of(file)->real());
}
int DeviceCharacteristics(sqlite3_file* file) {
  return MethodsOf(file)->xDeviceCharacteristics(Of(file)->real());
}
int ShmMap(sqlite3_file* file, int page, int size, int extend, void volatile** memory) {
  return MethodsOf(file)->xShmMap(Of(file)->real(), page, size, extend, memory);
}
int ShmLock(sqlite3_file* file, int offset, int n, int flags) {
  return MethodsOf(file)->xShmLock(Of(file)->real(), offset, n, flags);
}
void ShmBarrier(sqlite3_file* file) {
  MethodsOf(file)->xShmBarrier(Of(file)->real());
}
int ShmUnmap(sqlite3_file* file, int remove) {
  return MethodsOf(file)->xShmUnmap(Of(file)->real(), remove);
}

const sqlite3_io_methods methods{2,
                                 Close,
                                 Read,
                                 Write,
                                 Truncate,
                                 Sync,
                                 FileSize,
                                 Lock,
                                 Unlock,
                                 CheckReservedLock,
                                 FileControl,
                                 SectorSize,
                                 DeviceCharacteristics,
                                 ShmMap,
                                 ShmLock,
                                 ShmBarrier,
                                 ShmUnmap,
                                 nullptr,
                                 nullptr};

int OpenFile(sqlite3_vfs*, const char* name, sqlite3_file* file, int flags, int* flags_out) {
  FaultFile* opened = Of(file);
  opened->base.pMethods = nullptr;
  opened->path = nullptr;
  const int result = real_vfs->xOpen(real_vfs, name, opened->real(), flags, flags_out);
  if (opened->real()->pMethods == nullptr) return result;
  opened->path = new std::string(name == nullptr ? "" : name);
  opened->base.pMethods = &methods;
  return result;
}
int DeleteFile(sqlite3_vfs*, const char* name, int sync_folder) {
  if (disk != nullptr) disk->Deleted(name);
  return real_vfs->xDelete(real_vfs, name, sync_folder);
}

// All other calls of the copied VFS go to the real one's functions; they get our copy, which has
// the same fields.
sqlite3_vfs MakeVfs() {
  sqlite3_vfs vfs = *real_vfs;
  vfs.zName = "fault";
  vfs.szOsFile = static_cast<int>(sizeof(FaultFile)) + real_vfs->szOsFile;
  vfs.xOpen = OpenFile;
  vfs.xDelete = DeleteFile;
  return vfs;
}

sqlite3_vfs* FaultVfs() {
  if (real_vfs == nullptr) real_vfs = sqlite3_vfs_find("unix");
  static sqlite3_vfs vfs = MakeVfs();
  return &vfs;
}

}  // namespace

FaultDisk::FaultDisk(std::filesystem::path folder) : folder_(std::move(folder)) {
  if (disk != nullptr) std::abort();
  sqlite3_vfs_register(FaultVfs(), 1);
  disk = this;
}

FaultDisk::~FaultDisk() {
  disk = nullptr;
  sqlite3_vfs_register(real_vfs, 1);
}

bool FaultDisk::Holds(const std::string& path) const {
  return path.starts_with(folder_.string() + "/");
}

int FaultDisk::Attempt(const std::string& path, Operation operation) {
  if (operation != Operation::read && visit_) {
    const auto visit = std::exchange(visit_, nullptr);  // not from within
    visit();
    visit_ = visit;
  }
  for (Fault& fault : faults_) {
    if (fault.operation != operation || !path.ends_with(fault.file_end)) continue;
    if (fault.skip > 0) {
      --fault.skip;
    } else if (fault.count > 0) {
      --fault.count;
      return fault.result;
    }
  }
  return SQLITE_OK;
}

void FaultDisk::Wrote(const std::string& path, std::int64_t offset, std::string bytes) {
  files_[path].pending.push_back({offset, std::move(bytes), false});
}

void FaultDisk::Truncated(const std::string& path, std::int64_t size) {
  files_[path].pending.push_back({size, {}, true});
}

void FaultDisk::Apply(const Change& change, std::string& bytes) {
  const auto at = static_cast<std::size_t>(change.offset);
  if (change.is_truncation) {
    bytes.resize(at);
    return;
  }
  if (bytes.size() < at + change.bytes.size()) bytes.resize(at + change.bytes.size());
  std::memcpy(bytes.data() + at, change.bytes.data(), change.bytes.size());
}

void FaultDisk::Synced(const std::string& path) {
  File& file = files_[path];
  for (const Change& change : file.pending) Apply(change, file.durable);
  file.pending.clear();
}

void FaultDisk::SyncFailed(const std::string& path) {
  files_[path].pending.clear();
}

void FaultDisk::PowerCut(const std::filesystem::path& folder,
                         const std::function<bool()>& chance) const {
  std::filesystem::create_directories(folder);
  for (const auto& [path, file] : files_) {
    if (path.ends_with("-shm")) continue;
    std::string bytes = file.durable;
    for (const Change& change : file.pending) {
      if (chance()) Apply(change, bytes);
    }
    std::ofstream(folder / std::filesystem::path(path).filename(), std::ios::binary) << bytes;
  }
}
