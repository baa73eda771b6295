#include <charconv>
#include <iterator>
#include <string>
#include <string_view>
#include <utility>

#include <fmt/format.h>

#include "exporters/crowdsec/ledger.h"
#include "platform/atomic_file.h"
#include "policy/digest.h"

// The ledger as a file: a first line with the SHA-256 of all after it, a second with what is one of
// a kind, then a line for each decision:
//
//   + ID CHANGE SINCE VALUE         in force; times are seconds since 1970
//   - ID CHANGE AT VALUE UNTIL      deleted
namespace exporters::crowdsec {
namespace {

using policy::ErrorCode;
using policy::Fail;
using policy::Result;

constexpr std::string_view magic = "sekisho crowdsec decisions v1 ";
constexpr std::size_t file_size_max = 4UL * 1024 * 1024 * 1024;

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

}  // namespace

Result<void> Ledger::Write(const std::filesystem::path& path) const {
  fmt::memory_buffer body;
  const auto out = std::back_inserter(body);
  fmt::format_to(out, "{} {}\n", head_, next_id_);
  for (const auto& [value, live] : live_) {
    fmt::format_to(out, "+ {} {} {} {}\n", live.id, live.change, Seconds(live.since),
                   value.ToString());
  }
  for (const auto& [decision, change, at] : deleted_) {
    fmt::format_to(out, "- {} {} {} {} {}\n", decision.id, change, Seconds(at),
                   decision.value.ToString(), Seconds(decision.until));
  }
  const std::string_view text(body.data(), body.size());
  std::string file(magic);
  file.append(policy::ToHex(policy::Sha256Of(text))).append("\n").append(text);
  return platform::WriteFileAtomically(path, file, 0600);
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
    live_.emplace_hint(live_.end(), *value, Live{*id, *change, TimeOfSeconds(*time)});
    return {};
  }
  const auto until = TakeNumber(line);
  if (!until) return tl::unexpected(until.error());
  deleted_.push_back({{*id, *value, TimeOfSeconds(*until)}, *change, TimeOfSeconds(*time)});
  return {};
}

Result<Ledger> Ledger::Read(const std::filesystem::path& path, std::chrono::seconds hold) {
  const auto corrupt = [&](const std::string& why) {
    return Fail(ErrorCode::corrupt, path.string() + " is not what was written (" + why +
                                        "); it is ignored, and bouncers are told everything anew");
  };
  Ledger ledger(hold);
  const auto file = platform::ReadFile(path, file_size_max);
  if (!file && file.error().code == ErrorCode::not_found) return ledger;
  if (!file) return tl::unexpected(file.error());
  std::string_view rest = *file;
  std::string_view first = TakeLine(rest);
  if (!first.starts_with(magic)) return corrupt("its first line");
  first.remove_prefix(magic.size());
  if (first != policy::ToHex(policy::Sha256Of(rest))) return corrupt("its SHA-256");
  std::string_view second = TakeLine(rest);
  const auto head = TakeNumber(second);
  const auto next_id = TakeNumber(second);
  if (!head || !next_id) return corrupt("its second line");
  ledger.head_ = *head;
  ledger.next_id_ = *next_id;
  while (!rest.empty()) {
    if (auto ok = ledger.ReadLine(TakeLine(rest)); !ok) return corrupt(ok.error().detail);
  }
  return ledger;
}

}  // namespace exporters::crowdsec
