#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>

#include "exporters/crowdsec/ledger.h"
#include "policy/result.h"

namespace exporters::crowdsec {

// A ledger on disk: whole in one file, and beside it, in a journal (".changes"), what changed
// since, so that a change among a million writes one line. A journal that has grown makes way for
// the whole anew.
//
// Not thread-safe.
class LedgerFile {
 public:
  explicit LedgerFile(std::filesystem::path path);

  // An empty ledger if there is no file; `corrupt` if it is not what was written. Of a change that
  // a crash cut off, nothing.
  policy::Result<Ledger> Read(std::chrono::seconds hold);

  // Has `ledger` on disk, power loss included: what was last read or written, and changes after it,
  // of which it must not have forgotten any.
  policy::Result<void> Write(const Ledger& ledger);

 private:
  policy::Result<void> ReadWhole(std::string_view text, Ledger& ledger);
  policy::Result<void> ReadJournal(std::string_view text, Ledger& ledger);
  policy::Result<void> WriteWhole(const Ledger& ledger);
  policy::Result<void> Append(const std::string& record);

  const std::filesystem::path path_;
  const std::filesystem::path journal_path_;
  // Of what is on disk; without a digest, nothing that a journal could follow.
  std::string digest_;
  std::size_t size_ = 0;
  std::size_t journal_size_ = 0;
  std::uint64_t head_ = 0;
};

}  // namespace exporters::crowdsec
