#pragma once

#include <sqlite3.h>

#include <functional>
#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

#include "agent/history/history_writer.h"
#include "agent/history/verifier.h"
#include "agent/store/sqlite_store.h"
#include "tests/platform/temporary_folder.h"

namespace agent::history::testing {

inline const std::string origin = "sekisho.example.org/history";

inline VerifierKey KeyOf(const platform::SigningKey& key) {
  return VerifierKey::From(origin, key.public_key()).value();
}

// A store on disk with a history, and the means to tamper with it behind the agent's back.
class Log {
 public:
  Log() : key_(platform::SigningKey::Generate().value()) {}

  std::filesystem::path file() const { return *folder_ / "agent.db"; }
  platform::SigningKey& key() { return key_; }
  std::vector<VerifierKey> keys() const { return {KeyOf(key_)}; }
  std::unique_ptr<store::Store> OpenStore() const { return store::OpenSqlite(file()).value(); }

  // One transaction of as many entries for each number.
  void Write(const std::vector<int>& transactions) {
    const auto store = OpenStore();
    const auto writer = HistoryWriter::Open(*store, origin, key_).value();
    for (const int count : transactions) {
      auto transaction = store->Begin().value();
      for (int i = 0; i < count; ++i) {
        const auto index = writer->Append(*transaction, policy::TimePoint(at_), ActOf(i));
        if (!index) throw std::runtime_error(index.error().detail);
        at_ += std::chrono::seconds(1);
      }
      if (!writer->Seal(*transaction) || !transaction->Commit()) throw std::runtime_error("commit");
      writer->Committed();
    }
  }

  VerifyReport Verify(const std::vector<std::string>& witnessed = {}) const {
    const auto store = OpenStore();
    return VerifyStore(*store->Read().value(), keys(), witnessed).value();
  }

  void Sql(const std::string& sql) const {
    sqlite3* db = nullptr;
    char* message = nullptr;
    sqlite3_open(file().c_str(), &db);
    sqlite3_create_function(db, "leaf_hash", 1, SQLITE_UTF8, nullptr, SqlLeafHash, nullptr,
                            nullptr);
    const int result = sqlite3_exec(db, sql.c_str(), nullptr, nullptr, &message);
    const std::string text = message == nullptr ? "" : message;
    sqlite3_free(message);
    sqlite3_close(db);
    if (result != SQLITE_OK) throw std::runtime_error(sql + ": " + text);
  }

 private:
  static Act ActOf(int i) {
    return {"alice", "approve", "domain d" + std::to_string(i) + ".example", R"({"n":1})"};
  }
  static void SqlLeafHash(sqlite3_context* context, int, sqlite3_value** values) {
    const auto* bytes = static_cast<const char*>(sqlite3_value_blob(values[0]));
    const auto size = static_cast<std::size_t>(sqlite3_value_bytes(values[0]));
    const Hash hash = LeafHash({bytes, size});
    sqlite3_result_blob(context, hash.data(), static_cast<int>(hash.size()), SQLITE_TRANSIENT);
  }

  std::unique_ptr<platform::testing::TemporaryFolder> folder_ =
      std::make_unique<platform::testing::TemporaryFolder>();
  platform::SigningKey key_;
  std::chrono::seconds at_{1'700'000'000};
};

}  // namespace agent::history::testing
