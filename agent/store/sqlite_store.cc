#include "agent/store/sqlite_store.h"

#include <fcntl.h>

#include <mutex>

#include "agent/store/sqlite_lock.h"
#include "agent/store/sqlite_schema.h"
#include "agent/store/sqlite_transaction.h"

namespace agent::store {
namespace {

// Read-only connections that wait for the next reader.
class Pool {
 public:
  explicit Pool(std::filesystem::path file) : file_(std::move(file)) {}

  Result<std::unique_ptr<Connection>> Take() {
    {
      const std::lock_guard lock(mutex_);
      if (!idle_.empty()) {
        auto connection = std::move(idle_.back());
        idle_.pop_back();
        return connection;
      }
    }
    return Connection::Open(file_, Connection::Mode::read_only);
  }

  void GiveBack(std::unique_ptr<Connection> connection) {
    constexpr std::size_t idle_max = 16;
    const std::lock_guard lock(mutex_);
    if (idle_.size() < idle_max) idle_.push_back(std::move(connection));
  }

 private:
  const std::filesystem::path file_;
  std::mutex mutex_;
  std::vector<std::unique_ptr<Connection>> idle_;
};

// A read transaction. Keeps the pool alive, so that a reader may outlive its store.
class SqliteReader final : public Reading<Reader> {
 public:
  SqliteReader(std::shared_ptr<Pool> pool, std::unique_ptr<Connection> connection)
      : Reading(*connection), pool_(std::move(pool)), own_(std::move(connection)) {}
  ~SqliteReader() override {
    if (own_->Execute("ROLLBACK")) pool_->GiveBack(std::move(own_));
  }

 private:
  std::shared_ptr<Pool> pool_;
  std::unique_ptr<Connection> own_;
};

class SqliteStore final : public Store {
 public:
  SqliteStore(platform::FileDescriptor lock, std::unique_ptr<Connection> writer,
              const std::filesystem::path& file)
      : lock_(std::move(lock)),
        connection_(std::move(writer)),
        pool_(std::make_shared<Pool>(file)) {}

  Result<std::unique_ptr<Transaction>> Begin() override {
    return SqliteTransaction::Begin(*connection_, writer_);
  }

  Result<std::unique_ptr<Reader>> Read() override {
    auto connection = pool_->Take();
    if (!connection) return tl::unexpected(connection.error());
    // BEGIN alone fixes no state; the first read does.
    if (auto begun = (*connection)->Execute("BEGIN; SELECT 1 FROM sqlite_schema LIMIT 1"); !begun) {
      return tl::unexpected(begun.error());
    }
    return std::make_unique<SqliteReader>(pool_, *std::move(connection));
  }

 private:
  platform::FileDescriptor lock_;  // the last to go
  std::unique_ptr<Connection> connection_;
  Writer writer_;
  std::shared_ptr<Pool> pool_;
};

// SQLite would create it readable for all, and gives its companions the same mode.
Result<void> CreatePrivately(const std::filesystem::path& file) {
  const platform::FileDescriptor fd(::open(file.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600));
  if (fd.valid()) return {};
  return policy::Fail(policy::ErrorCode::unavailable,
                      "cannot open the store " + file.string() + ": " +
                          std::system_category().message(errno) +
                          "; check that the file and its folder may be written");
}

Result<void> CheckPages(Connection& connection, const std::filesystem::path& file) {
  Query rows = connection.Ask("PRAGMA quick_check(1)");
  const auto row = rows.Next();
  if (!row) return tl::unexpected(row.error());
  if (*row && rows.Text(0) == "ok") return {};
  return policy::Fail(policy::ErrorCode::corrupt, "the store " + file.string() + " is damaged: " +
                                                      (*row ? rows.Text(0) : "no answer") +
                                                      "; restore it from a backup");
}

}  // namespace

Result<std::unique_ptr<Store>> OpenSqlite(const std::filesystem::path& file) {
  auto lock = LockFile(file);
  if (!lock) return tl::unexpected(lock.error());
  if (auto created = CreatePrivately(file); !created) return tl::unexpected(created.error());
  auto writer = Connection::Open(file, Connection::Mode::read_write);
  if (!writer) return tl::unexpected(writer.error());
  const auto version = SchemaVersion(**writer);
  if (!version) return tl::unexpected(version.error());
  if (auto checked = CheckPages(**writer, file); !checked) return tl::unexpected(checked.error());
  if (auto done = (*writer)->UseWal(); !done) return tl::unexpected(done.error());
  if (auto done = Migrate(**writer, *version); !done) return tl::unexpected(done.error());
  // What a crash left in the WAL may be in the kernel's memory only, if fsync failed before. This
  // writes it anew, to the database file, before anything builds on it.
  if (auto done = (*writer)->Checkpoint(SQLITE_CHECKPOINT_TRUNCATE); !done) {
    return tl::unexpected(done.error());
  }
  return std::make_unique<SqliteStore>(*std::move(lock), *std::move(writer), file);
}

}  // namespace agent::store
