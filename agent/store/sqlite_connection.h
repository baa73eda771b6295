#pragma once

#include <sqlite3.h>

#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "agent/store/id_set.h"
#include "policy/digest.h"
#include "policy/result.h"

namespace agent::store {

using policy::Result;

struct Blob {
  std::string_view bytes;
};
inline Blob BlobOf(const policy::Sha256& digest) {
  return {{reinterpret_cast<const char*>(digest.data()), digest.size()}};
}

// What a parameter takes. Texts are copied by SQLite before Bind returns. A set is for has_id(SET,
// ID) alone, and has to live as long as the query.
using Value = std::variant<std::nullptr_t, std::int64_t, std::string_view, Blob, const IdSet*>;

struct FinalizeStatement {
  void operator()(sqlite3_stmt* statement) const { sqlite3_finalize(statement); }
};
using StatementPtr = std::unique_ptr<sqlite3_stmt, FinalizeStatement>;

class Connection;

// One run of a prepared statement, which goes back to its connection's cache at the end. While it
// lives, the same SQL can be asked again: that makes a second statement.
//
// A failure of preparing or binding shows at the first Next or Run.
class Query {
 public:
  Query(Query&&) noexcept = default;
  Query& operator=(Query&&) = delete;
  ~Query();

  // Goes to the next row; false after the last one.
  Result<bool> Next();
  // Runs a statement that gives no rows.
  Result<void> Run();

  bool IsNull(int column) const;
  std::int64_t Int(int column) const;
  std::string Text(int column) const;       // also the bytes of a BLOB
  std::string_view View(int column) const;  // the same, until the next row
  // `corrupt` if it isn't a BLOB of 32 bytes.
  Result<policy::Sha256> Digest(int column) const;

 private:
  friend class Connection;
  Query(Connection& connection, std::string sql, std::span<const Value> values);
  void Bind(std::span<const Value> values);

  Connection* connection_;
  std::string sql_;
  StatementPtr statement_;
  int result_ = SQLITE_OK;
};

// One SQLite connection with its cache of prepared statements. One thread at a time.
class Connection {
 public:
  enum class Mode { read_write, read_only };
  static Result<std::unique_ptr<Connection>> Open(const std::filesystem::path& file, Mode mode);

  Query Ask(std::string sql, std::span<const Value> values);
  template <class... Values>
  Query Ask(std::string sql, Values... values) {
    const std::vector<Value> list{Value(values)...};
    return Ask(std::move(sql), std::span<const Value>(list));
  }
  // Changes the file's header: only for a file known to be ours.
  Result<void> UseWal();
  // Several statements without parameters or rows.
  Result<void> Execute(const char* sql);
  // The one integer of the one row, or nothing where there is no row or a NULL.
  Result<std::optional<std::int64_t>> AskInt(std::string sql, std::span<const Value> values) {
    return OneInt(Ask(std::move(sql), values));
  }
  template <class... Values>
  Result<std::optional<std::int64_t>> AskInt(std::string sql, Values... values) {
    return OneInt(Ask(std::move(sql), values...));
  }

  bool InTransaction() const { return sqlite3_get_autocommit(db_.get()) == 0; }
  std::int64_t LastInsertId() const { return sqlite3_last_insert_rowid(db_.get()); }
  std::int64_t Changes() const { return sqlite3_changes64(db_.get()); }
  // Of the last failure; `result` is what the failing call returned.
  policy::Error ErrorOf(int result) const;
  // SQLite's extended code of the last failure.
  int ExtendedCode() const { return sqlite3_extended_errcode(db_.get()); }
  // Frames in the WAL after this connection's last commit.
  int WalFrames() const { return wal_frames_; }
  // The statements that wait to be run again: what ran so far, but for the least used.
  std::vector<std::string> IdleStatements() const;
  // Moves what readers allow from the WAL to the database file.
  Result<void> Checkpoint(int mode);

 private:
  friend class Query;
  struct Close {
    void operator()(sqlite3* db) const { sqlite3_close_v2(db); }
  };
  explicit Connection(std::string file) : file_(std::move(file)) {}
  Result<void> Configure(Mode mode);
  static Result<std::optional<std::int64_t>> OneInt(Query query);
  StatementPtr Take(const std::string& sql, int& result);
  void GiveBack(std::string sql, StatementPtr statement);

  std::string file_;
  std::unique_ptr<sqlite3, Close> db_;
  std::map<std::string, StatementPtr> idle_;
  int wal_frames_ = 0;
};

}  // namespace agent::store
