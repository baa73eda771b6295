#include "exporters/http_list/served_file.h"

#include <charconv>
#include <cstddef>
#include <string>
#include <string_view>
#include <utility>

#include "platform/atomic_file.h"
#include "policy/digest.h"

namespace exporters::http_list {
namespace {

using policy::ErrorCode;
using policy::Result;

constexpr std::string_view magic = "sekisho http list v2";
// The same but for terms, which it had not.
constexpr std::string_view magic_v1 = "sekisho http list v1";
constexpr std::size_t file_size_max = 4UL * 1024 * 1024 * 1024;  // that of a list

tl::unexpected<policy::Error> Corrupt(const std::filesystem::path& path) {
  return policy::Fail(ErrorCode::corrupt,
                      path.string() +
                          " is not what was written; it is ignored, and the list "
                          "comes from the last known good");
}

// Takes the next word of a line, up to a space or its end.
std::string_view TakeWord(std::string_view& line) {
  const std::size_t end = line.find(' ');
  const std::string_view word = line.substr(0, end);
  line.remove_prefix(end == line.npos ? line.size() : end + 1);
  return word;
}

std::string HeaderOf(const Served& served) {
  return std::string(magic) + " " + std::to_string(served.release) + " " +
         policy::FormatTime(served.modified) + " " + policy::ToHex(served.list->digest()) + "\n";
}

}  // namespace

Result<void> WriteServed(const std::filesystem::path& path, const Served& served) {
  return platform::WriteFileAtomically(path, HeaderOf(served) + served.list->TermedText(), 0600);
}

Result<std::optional<Served>> ReadServed(const std::filesystem::path& path) {
  auto text = platform::ReadFile(path, file_size_max);
  if (!text && text.error().code == ErrorCode::not_found) return std::optional<Served>();
  if (!text) return tl::unexpected(std::move(text.error()));
  const std::size_t end = text->find('\n');
  if (end == std::string::npos || !(text->starts_with(magic) || text->starts_with(magic_v1))) {
    return Corrupt(path);
  }
  std::string_view line = std::string_view(*text).substr(magic.size(), end - magic.size());
  TakeWord(line);  // what stands before the first space: nothing
  const std::string_view number = TakeWord(line);
  const auto modified = policy::ParseTime(TakeWord(line));
  const auto digest = policy::ParseSha256(line);
  Served served;
  const auto [rest, error] =
      std::from_chars(number.data(), number.data() + number.size(), served.release);
  if (error != std::errc() || rest != number.data() + number.size() || !modified || !digest) {
    return Corrupt(path);
  }
  auto list = policy::ListSnapshot::ParseTermed(std::string_view(*text).substr(end + 1));
  if (!list || (*list)->digest() != *digest) return Corrupt(path);
  served.list = std::move(*list);
  served.modified = *modified;
  return std::optional(std::move(served));
}

}  // namespace exporters::http_list
