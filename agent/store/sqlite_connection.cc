#include "agent/store/sqlite_connection.h"

#include <algorithm>
#include <cstring>

#include "policy/ascii.h"

namespace agent::store {
namespace {

// The SQL of a query with filters is built from parts; all combinations are too many to keep.
constexpr std::size_t kIdleStatementsMax = 200;

policy::ErrorCode CodeOf(int result) {
  switch (result & 0xff) {
    case SQLITE_FULL:
    case SQLITE_TOOBIG:
    case SQLITE_NOMEM: return policy::ErrorCode::exhausted;
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
    case SQLITE_MISMATCH: return policy::ErrorCode::corrupt;
    case SQLITE_CONSTRAINT: return policy::ErrorCode::conflict;
    case SQLITE_READONLY:
    case SQLITE_PERM:
    case SQLITE_AUTH: return policy::ErrorCode::not_allowed;
    default: return policy::ErrorCode::unavailable;
  }
}

// What the operator can do about it.
std::string_view AdviceFor(int result) {
  switch (result & 0xff) {
    case SQLITE_FULL: return "the disk or a quota is full: free some space";
    case SQLITE_IOERR: return "reading or writing failed: look at the disk and the kernel's log";
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB: return "the file is damaged: restore it from a backup";
    case SQLITE_READONLY:
    case SQLITE_PERM:
    case SQLITE_CANTOPEN: return "check that the file and its folder exist and may be written";
    case SQLITE_BUSY: return "another program holds it";
    default: return {};
  }
}

int RememberWalFrames(void* frames, sqlite3*, const char*, int count) {
  *static_cast<int*>(frames) = count;
  return SQLITE_OK;
}

std::string_view TextOf(sqlite3_value* value) {
  const auto* text = reinterpret_cast<const char*>(sqlite3_value_text(value));
  return {text == nullptr ? "" : text, static_cast<std::size_t>(sqlite3_value_bytes(value))};
}

// has_text(TEXT, PART): whether PART is in TEXT, in either case of ASCII letters. Unlike
// instr(lower(TEXT), lower(PART)) it copies nothing, which counts at a million rows.
void HasText(sqlite3_context* context, int, sqlite3_value** arguments) {
  const std::string_view text = TextOf(arguments[0]);
  const std::string_view part = TextOf(arguments[1]);
  sqlite3_result_int(context, policy::ContainsIgnoringCase(text, part) ? 1 : 0);
}

// Pointers go to SQL functions under a name, so that SQL itself can neither make nor misuse one.
constexpr const char* kIdSet = "agent::store::IdSet";

// has_id(SET, ID), of a bound set.
void HasId(sqlite3_context* context, int, sqlite3_value** arguments) {
  const auto* ids = static_cast<const IdSet*>(sqlite3_value_pointer(arguments[0], kIdSet));
  sqlite3_result_int(context,
                     ids != nullptr && ids->Has(sqlite3_value_int64(arguments[1])) ? 1 : 0);
}

using Function = void (*)(sqlite3_context*, int, sqlite3_value**);

int AddFunction(sqlite3* db, const char* name, Function function) {
  return sqlite3_create_function_v2(db, name, 2,
                                    SQLITE_UTF8 | SQLITE_DETERMINISTIC | SQLITE_DIRECTONLY, nullptr,
                                    function, nullptr, nullptr, nullptr);
}

}  // namespace

Query::Query(Connection& connection, std::string sql, std::span<const Value> values)
    : connection_(&connection), sql_(std::move(sql)) {
  statement_ = connection_->Take(sql_, result_);
  if (statement_) Bind(values);
}

Query::~Query() {
  if (statement_) connection_->GiveBack(std::move(sql_), std::move(statement_));
}

void Query::Bind(std::span<const Value> values) {
  sqlite3_stmt* statement = statement_.get();
  int at = 0;
  for (const Value& value : values) {
    ++at;
    int result = SQLITE_OK;
    if (const auto* number = std::get_if<std::int64_t>(&value)) {
      result = sqlite3_bind_int64(statement, at, *number);
    } else if (const auto* text = std::get_if<std::string_view>(&value)) {
      // A null pointer would bind NULL.
      result = sqlite3_bind_text64(statement, at, text->data() == nullptr ? "" : text->data(),
                                   text->size(), SQLITE_TRANSIENT, SQLITE_UTF8);
    } else if (const auto* blob = std::get_if<Blob>(&value)) {
      result = sqlite3_bind_blob64(statement, at, blob->bytes.data(), blob->bytes.size(),
                                   SQLITE_TRANSIENT);
    } else if (const auto* ids = std::get_if<const IdSet*>(&value)) {
      result = sqlite3_bind_pointer(statement, at, const_cast<IdSet*>(*ids), kIdSet, nullptr);
    } else {
      result = sqlite3_bind_null(statement, at);
    }
    if (result != SQLITE_OK && result_ == SQLITE_OK) result_ = result;
  }
}

Result<bool> Query::Next() {
  if (result_ == SQLITE_OK) {
    const int result = sqlite3_step(statement_.get());
    if (result == SQLITE_ROW) return true;
    if (result == SQLITE_DONE) return false;
    result_ = result;
  }
  return tl::unexpected(connection_->ErrorOf(result_));
}

Result<void> Query::Run() {
  const auto row = Next();
  if (!row) return tl::unexpected(row.error());
  return {};
}

bool Query::IsNull(int column) const {
  return sqlite3_column_type(statement_.get(), column) == SQLITE_NULL;
}

std::int64_t Query::Int(int column) const {
  return sqlite3_column_int64(statement_.get(), column);
}

std::string Query::Text(int column) const {
  return std::string(View(column));
}

std::string_view Query::View(int column) const {
  const void* bytes = sqlite3_column_blob(statement_.get(), column);
  const int size = sqlite3_column_bytes(statement_.get(), column);
  if (bytes == nullptr) return {};
  return {static_cast<const char*>(bytes), static_cast<std::size_t>(size)};
}

Result<policy::Sha256> Query::Digest(int column) const {
  const std::string bytes = Text(column);
  policy::Sha256 digest;
  if (bytes.size() != digest.size()) {
    return policy::Fail(policy::ErrorCode::corrupt,
                        "the store holds a digest of " + std::to_string(bytes.size()) +
                            " bytes instead of 32: restore it from a backup");
  }
  std::memcpy(digest.data(), bytes.data(), digest.size());
  return digest;
}

Result<std::unique_ptr<Connection>> Connection::Open(const std::filesystem::path& file, Mode mode) {
  std::unique_ptr<Connection> connection(new Connection(file.string()));
  const int flags = SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE |
                    (mode == Mode::read_write ? SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE
                                              : SQLITE_OPEN_READONLY);
  sqlite3* db = nullptr;
  const int result = sqlite3_open_v2(file.c_str(), &db, flags, nullptr);
  connection->db_.reset(db);  // has to be closed after a failure too
  if (result != SQLITE_OK) return tl::unexpected(connection->ErrorOf(result));
  if (auto done = connection->Configure(mode); !done) return tl::unexpected(done.error());
  return connection;
}

Result<void> Connection::Configure(Mode mode) {
  sqlite3* db = db_.get();
  sqlite3_busy_timeout(db, 5000);
  sqlite3_db_config(db, SQLITE_DBCONFIG_DEFENSIVE, 1, nullptr);
  for (const auto& [name, function] :
       {std::pair("has_text", &HasText), std::pair("has_id", &HasId)}) {
    const int made = AddFunction(db, name, function);
    if (made != SQLITE_OK) return tl::unexpected(ErrorOf(made));
  }
  sqlite3_db_config(db, SQLITE_DBCONFIG_DQS_DDL, 0, nullptr);
  sqlite3_db_config(db, SQLITE_DBCONFIG_DQS_DML, 0, nullptr);
  if (auto done = Execute("PRAGMA trusted_schema=OFF; PRAGMA cell_size_check=ON;"
                          "PRAGMA temp_store=MEMORY; PRAGMA foreign_keys=ON");
      !done) {
    return done;
  }
  if (mode == Mode::read_only) return Execute("PRAGMA cache_size=-16384");
  sqlite3_wal_hook(db, RememberWalFrames, &wal_frames_);
  return Execute("PRAGMA synchronous=FULL; PRAGMA cache_size=-131072");
}

Result<void> Connection::UseWal() {
  return Execute("PRAGMA journal_mode=WAL; PRAGMA journal_size_limit=67108864");
}

Query Connection::Ask(std::string sql, std::span<const Value> values) {
  return Query(*this, std::move(sql), values);
}

Result<void> Connection::Execute(const char* sql) {
  const int result = sqlite3_exec(db_.get(), sql, nullptr, nullptr, nullptr);
  if (result != SQLITE_OK) return tl::unexpected(ErrorOf(result));
  return {};
}

Result<std::optional<std::int64_t>> Connection::OneInt(Query query) {
  const auto row = query.Next();
  if (!row) return tl::unexpected(row.error());
  if (!*row || query.IsNull(0)) return std::optional<std::int64_t>();
  return std::optional(query.Int(0));
}

policy::Error Connection::ErrorOf(int result) const {
  std::string detail = "store " + file_ + ": ";
  detail += db_ ? sqlite3_errmsg(db_.get()) : sqlite3_errstr(result);
  detail += " (SQLite code " + std::to_string(result) + ")";
  if (const auto advice = AdviceFor(result); !advice.empty()) {
    detail += "; ";
    detail += advice;
  }
  return {CodeOf(result), std::move(detail)};
}

Result<void> Connection::Checkpoint(int mode) {
  const int result = sqlite3_wal_checkpoint_v2(db_.get(), nullptr, mode, nullptr, nullptr);
  if (result != SQLITE_OK) return tl::unexpected(ErrorOf(result));
  return {};
}

std::vector<std::string> Connection::IdleStatements() const {
  std::vector<std::string> texts;
  for (const auto& [sql, statement] : idle_) texts.push_back(sql);
  return texts;
}

StatementPtr Connection::Take(const std::string& sql, int& result) {
  if (const auto it = idle_.find(sql); it != idle_.end()) {
    StatementPtr statement = std::move(it->second);
    idle_.erase(it);
    return statement;
  }
  sqlite3_stmt* statement = nullptr;
  result = sqlite3_prepare_v3(db_.get(), sql.data(), static_cast<int>(sql.size()),
                              SQLITE_PREPARE_PERSISTENT, &statement, nullptr);
  return StatementPtr(statement);
}

void Connection::GiveBack(std::string sql, StatementPtr statement) {
  sqlite3_reset(statement.get());
  sqlite3_clear_bindings(statement.get());
  if (idle_.size() >= kIdleStatementsMax) idle_.clear();
  idle_.insert_or_assign(std::move(sql), std::move(statement));
}

}  // namespace agent::store
