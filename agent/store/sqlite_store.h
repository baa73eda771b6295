#pragma once

#include <filesystem>
#include <memory>

#include "agent/store/store.h"

namespace agent::store {

// SQLite in WAL mode with synchronous=FULL. Creates the file, or migrates an older schema in one
// transaction; refuses a newer one, a second process on the same file (exclusive advisory lock on
// `<file>.lock`), and a file that fails `PRAGMA quick_check`.
Result<std::unique_ptr<Store>> OpenSqlite(const std::filesystem::path& file);

}  // namespace agent::store
