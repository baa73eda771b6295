#include "exporters/crowdsec/ledger_file.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <charconv>
#include <cstring>
#include <iterator>
#include <utility>

#include <fmt/format.h>

#include "platform/atomic_file.h"
#include "platform/file_descriptor.h"
#include "policy/digest.h"

// The whole is a first line with the SHA-256 of all after it, and lines: one of what is one of a
// kind, HEAD NEXT_ID, then one for each decision.
//
//   - ID CHANGE AT VALUE UNTIL      deleted; times are seconds since 1970
//   + ID CHANGE SINCE VALUE         in force
//
// The journal is a first line with the whole's SHA-256, and for each Write a line SHA-256 SIZE and
// so many octets of such lines: of what changed.
namespace exporters::crowdsec {
namespace {

using policy::ErrorCode;
using policy::Fail;
using policy::Result;

constexpr std::string_view magic = "sekisho crowdsec decisions v1 ";
constexpr std::string_view journal_magic = "sekisho crowdsec changes v1 ";
constexpr std::size_t file_size_max = 4UL * 1024 * 1024 * 1024;
constexpr std::size_t journal_size_min = 64UL * 1024;  // below which no whole is written anew

std::int64_t Seconds(policy::TimePoint time) {
  return time.time_since_epoch().count();
}

policy::TimePoint TimeOfSeconds(std::uint64_t seconds) {
  return policy::TimePoint(std::chrono::seconds(static_cast<std::int64_t>(seconds)));
}

// Takes the next word of a line, up to a space or its end.
std::string_view TakeWord(std::string_view& line) {
  const std::size_t end = line.find(' ');
  const std::string_view word = line.substr(0, end);
  line.remove_prefix(end == line.npos ? line.size() : end + 1);
  return word;
}

Result<std::uint64_t> TakeNumber(std::string_view& line) {
  const std::string_view word = TakeWord(line);
  std::uint64_t number = 0;
  const auto [rest, error] = std::from_chars(word.data(), word.data() + word.size(), number);
  if (error == std::errc() && rest == word.data() + word.size()) return number;
  return Fail(ErrorCode::corrupt, "'" + std::string(word) + "' is no number");
}

std::string_view TakeLine(std::string_view& text) {
  const std::size_t end = text.find('\n');
  const std::string_view line = text.substr(0, end);
  text.remove_prefix(end == text.npos ? text.size() : end + 1);
  return line;
}

std::string JournalHeader(const std::string& digest) {
  return std::string(journal_magic) + digest + "\n";
}

policy::Error FailureOf(const char* what, const std::filesystem::path& path) {
  const int why = errno;
  const auto code = why == ENOSPC || why == EDQUOT ? ErrorCode::exhausted : ErrorCode::unavailable;
  return {code, fmt::format("{} {}: {}", what, path.string(), std::strerror(why))};
}

}  // namespace

std::string Ledger::LinesAfter(std::uint64_t change) const {
  fmt::memory_buffer lines;
  const auto out = std::back_inserter(lines);
  fmt::format_to(out, "{} {}\n", head_, next_id_);
  for (const auto& [decision, deleted_by, at] : deleted_) {
    if (deleted_by <= change) continue;
    fmt::format_to(out, "- {} {} {} {} {}\n", decision.id, deleted_by, Seconds(at),
                   decision.value.ToString(), Seconds(decision.until));
  }
  for (const auto& [value, live] : live_) {
    if (live.change <= change) continue;
    fmt::format_to(out, "+ {} {} {} {}\n", live.id, live.change, Seconds(live.since),
                   value.ToString());
  }
  return fmt::to_string(lines);
}

Result<void> Ledger::ReadLines(std::string_view lines) {
  std::string_view first = TakeLine(lines);
  const auto head = TakeNumber(first);
  const auto next_id = TakeNumber(first);
  if (!head || !next_id) return Fail(ErrorCode::corrupt, "its first numbers");
  head_ = *head;
  next_id_ = *next_id;
  while (!lines.empty()) {
    if (auto ok = ReadLine(TakeLine(lines)); !ok) return ok;
  }
  return {};
}

Result<void> Ledger::ReadLine(std::string_view line) {
  const std::string_view sign = TakeWord(line);
  const auto id = TakeNumber(line);
  if (!id) return tl::unexpected(id.error());
  const auto change = TakeNumber(line);
  if (!change) return tl::unexpected(change.error());
  const auto time = TakeNumber(line);
  if (!time) return tl::unexpected(time.error());
  const auto value = policy::IpPrefix::Parse(TakeWord(line));
  if (!value) return tl::unexpected(value.error());
  if (sign == "+") {
    const Live live{*id, *change, TimeOfSeconds(*time)};
    live_.insert_or_assign(live_.end(), *value, live);
    return {};
  }
  const auto until = TakeNumber(line);
  if (!until) return tl::unexpected(until.error());
  const auto live = live_.find(*value);
  if (live != live_.end() && live->second.id == *id) live_.erase(live);
  deleted_.push_back({{*id, *value, TimeOfSeconds(*until)}, *change, TimeOfSeconds(*time)});
  return {};
}

LedgerFile::LedgerFile(std::filesystem::path path)
    : path_(std::move(path)), journal_path_(path_.string() + ".changes") {}

Result<Ledger> LedgerFile::Read(std::chrono::seconds hold) {
  const auto corrupt = [](const std::filesystem::path& path, const std::string& why) {
    return Fail(ErrorCode::corrupt, path.string() + " is not what was written (" + why +
                                        "); it is ignored, and bouncers are told everything anew");
  };
  digest_.clear();
  Ledger ledger(hold);
  const auto whole = platform::ReadFile(path_, file_size_max);
  if (!whole && whole.error().code == ErrorCode::not_found) return ledger;
  if (!whole) return tl::unexpected(whole.error());
  if (auto ok = ReadWhole(*whole, ledger); !ok) return corrupt(path_, ok.error().detail);
  const auto journal = platform::ReadFile(journal_path_, file_size_max);
  if (!journal && journal.error().code != ErrorCode::not_found) {
    digest_.clear();
    return tl::unexpected(journal.error());
  }
  if (auto ok = ReadJournal(journal.value_or(""), ledger); !ok) {
    digest_.clear();
    return corrupt(journal_path_, ok.error().detail);
  }
  head_ = ledger.head();
  return ledger;
}

Result<void> LedgerFile::ReadWhole(std::string_view text, Ledger& ledger) {
  size_ = text.size();
  std::string_view first = TakeLine(text);
  if (!first.starts_with(magic)) return Fail(ErrorCode::corrupt, "its first line");
  first.remove_prefix(magic.size());
  if (first != policy::ToHex(policy::Sha256Of(text)))
    return Fail(ErrorCode::corrupt, "its SHA-256");
  if (auto ok = ledger.ReadLines(text); !ok) return ok;
  digest_ = first;
  return {};
}

Result<void> LedgerFile::ReadJournal(std::string_view text, Ledger& ledger) {
  journal_size_ = text.size();
  if (const std::string header = JournalHeader(digest_); text.starts_with(header)) {
    text.remove_prefix(header.size());
  } else {
    digest_.clear();  // it is of the whole before: a crash came between the two
    return {};
  }
  while (!text.empty()) {
    std::string_view first = TakeLine(text);
    const std::string_view digest = TakeWord(first);
    const auto size = TakeNumber(first);
    const bool is_whole = size && *size <= text.size();
    const std::string_view lines = text.substr(0, is_whole ? *size : 0);
    if (!is_whole || digest != policy::ToHex(policy::Sha256Of(lines))) {
      const bool is_last = !is_whole || *size == text.size();
      if (!is_last) return Fail(ErrorCode::corrupt, "its SHA-256");
      digest_.clear();  // cut off, so nothing may follow it
      return {};
    }
    if (auto ok = ledger.ReadLines(lines); !ok) return ok;
    text.remove_prefix(lines.size());
  }
  return {};
}

Result<void> LedgerFile::Write(const Ledger& ledger) {
  const bool is_grown = journal_size_ > journal_size_min && journal_size_ > size_ / 2;
  if (digest_.empty() || is_grown) return WriteWhole(ledger);
  const std::string lines = ledger.LinesAfter(head_);
  const std::string record =
      fmt::format("{} {}\n", policy::ToHex(policy::Sha256Of(lines)), lines.size()) + lines;
  if (record.size() > size_ / 2 + journal_size_min) return WriteWhole(ledger);
  if (auto ok = Append(record); !ok) {
    digest_.clear();  // what is there now is not known
    return ok;
  }
  journal_size_ += record.size();
  head_ = ledger.head();
  return {};
}

Result<void> LedgerFile::WriteWhole(const Ledger& ledger) {
  const std::string lines = ledger.LinesAfter(0);
  const std::string digest = policy::ToHex(policy::Sha256Of(lines));
  const std::string text = std::string(magic) + digest + "\n" + lines;
  const std::string journal = JournalHeader(digest);
  digest_.clear();
  if (auto ok = platform::WriteFileAtomically(path_, text, 0600); !ok) return ok;
  if (auto ok = platform::WriteFileAtomically(journal_path_, journal, 0600); !ok) return ok;
  digest_ = digest;
  size_ = text.size();
  journal_size_ = journal.size();
  head_ = ledger.head();
  return {};
}

Result<void> LedgerFile::Append(const std::string& record) {
  const platform::FileDescriptor file(
      open(journal_path_.c_str(), O_WRONLY | O_APPEND | O_CLOEXEC | O_NOFOLLOW));
  if (!file.valid()) return tl::unexpected(FailureOf("cannot open", journal_path_));
  for (std::string_view left = record; !left.empty();) {
    const ssize_t written = write(file.get(), left.data(), left.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return tl::unexpected(FailureOf("cannot write", journal_path_));
    left.remove_prefix(static_cast<std::size_t>(written));
  }
  if (fsync(file.get()) != 0) return tl::unexpected(FailureOf("cannot write", journal_path_));
  return {};
}

}  // namespace exporters::crowdsec
