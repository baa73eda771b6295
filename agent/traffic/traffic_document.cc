// Traffic as a text of lines, kept in one file:
//
//   sekisho traffic 1 KEY KEY                      the hashes' key, hexadecimal
//   log NAME INODE OFFSET HEAD_SIZE HEAD_SHA256 FORM SKIPPING REQUESTS FAULTS HEADER
//   text KEY USAGE                                 of a name or URL, by its hash
//   address ADDRESS USAGE
//   end
//
// USAGE is as Usage::Text has it; HEAD_SHA256 and HEADER are "-" where they are empty.
#include <algorithm>
#include <charconv>
#include <mutex>

#include "agent/traffic/traffic.h"

namespace agent::traffic {
namespace {

using policy::ErrorCode;
using policy::Fail;
using policy::Result;

constexpr std::string_view magic = "sekisho traffic 1 ";

std::string Hex(std::uint64_t number) {
  char digits[16];
  return {digits, std::to_chars(digits, digits + sizeof digits, number, 16).ptr};
}

// The text up to the next blank, which is taken too.
std::string_view TakeWord(std::string_view& rest) {
  const std::string_view word = rest.substr(0, rest.find(' '));
  rest.remove_prefix(std::min(rest.size(), word.size() + 1));
  return word;
}

template <class Number>
bool TakeNumber(std::string_view& rest, Number& number, int base = 10) {
  const std::string_view word = TakeWord(rest);
  const auto [stop, error] = std::from_chars(word.data(), word.data() + word.size(), number, base);
  return error == std::errc() && stop == word.data() + word.size();
}

std::string OrDash(const std::string& text) {
  return text.empty() ? "-" : text;
}

std::string FromDash(std::string_view text) {
  return text == "-" ? std::string() : std::string(text);
}

std::string LogLine(const std::string& name, const LogState& log) {
  std::string line = "log " + name;
  for (const std::uint64_t number :
       {log.position.inode, log.position.offset, log.position.head_size}) {
    line += " " + std::to_string(number);
  }
  line += " " + OrDash(log.position.head_sha256);
  for (const std::uint64_t number :
       {static_cast<std::uint64_t>(log.scan.form), std::uint64_t{log.scan.is_skipping},
        log.requests, log.faults}) {
    line += " " + std::to_string(number);
  }
  return line + " " + OrDash(log.header) + "\n";
}

bool ReadLog(std::string_view rest, std::map<std::string, LogState>& logs) {
  LogState log;
  const std::string name(TakeWord(rest));
  unsigned form = 0;
  unsigned is_skipping = 0;
  bool is_good = !name.empty() && TakeNumber(rest, log.position.inode) &&
                 TakeNumber(rest, log.position.offset) && TakeNumber(rest, log.position.head_size);
  log.position.head_sha256 = FromDash(TakeWord(rest));
  is_good = is_good && TakeNumber(rest, form) && TakeNumber(rest, is_skipping) &&
            TakeNumber(rest, log.requests) && TakeNumber(rest, log.faults) && form <= 2 &&
            is_skipping <= 1 && log.position.head_size <= log.position.offset;
  if (!is_good) return false;
  log.scan = {static_cast<feeds::EveScan::Form>(form), is_skipping == 1};
  log.header = FromDash(rest);
  return logs.emplace(name, std::move(log)).second;
}

}  // namespace

std::string Traffic::Document() const {
  const std::shared_lock lock(mutex_);
  std::string text(magic);
  text += Hex(key_[0]) + " " + Hex(key_[1]) + "\n";
  for (const auto& [name, log] : logs_) text += LogLine(name, log);
  for (const auto& [key, usage] : texts_) text += "text " + Hex(key) + " " + usage.Text() + "\n";
  for (const auto& [address, usage] : addresses_) {
    text += "address " + address.AddressString() + " " + usage.Text() + "\n";
  }
  return text + "end\n";
}

bool Traffic::ReadLine(std::string_view line) {
  const std::string_view what = TakeWord(line);
  if (what == "log") return ReadLog(line, logs_);
  Usage usage;
  if (what == "text") {
    std::uint64_t key = 0;
    return TakeNumber(line, key, 16) && usage.Read(line) && texts_.emplace(key, usage).second;
  }
  const auto address = policy::IpPrefix::Parse(TakeWord(line));
  return what == "address" && address && address->is_address() && usage.Read(line) &&
         addresses_.emplace(*address, usage).second;
}

bool Traffic::ReadAll(std::string_view document) {
  if (!document.starts_with(magic) || !document.ends_with("\nend\n")) return false;
  document.remove_prefix(magic.size());
  document.remove_suffix(std::string_view("end\n").size());
  bool is_good = true;
  for (bool is_first = true; is_good && !document.empty(); is_first = false) {
    std::string_view line = document.substr(0, document.find('\n'));
    document.remove_prefix(line.size() + 1);
    is_good =
        is_first ? TakeNumber(line, key_[0], 16) && TakeNumber(line, key_[1], 16) : ReadLine(line);
  }
  return is_good;
}

void Traffic::Clear() {
  texts_.clear();
  addresses_.clear();
  logs_.clear();
}

Result<void> Traffic::Read(std::string_view document) {
  const std::lock_guard lock(mutex_);
  Clear();
  const bool is_read = ReadAll(document);
  if (!is_read) Clear();
  FindKnown();
  if (texts_.size() + addresses_.size() > size_max_) MakeRoom();
  if (is_read) return {};
  return Fail(ErrorCode::corrupt, "the record of our own traffic is not what this program writes");
}

}  // namespace agent::traffic
