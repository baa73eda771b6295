#include "exporters/last_known_good.h"

#include <array>
#include <charconv>
#include <string_view>
#include <system_error>
#include <utility>

#include "platform/atomic_file.h"
#include "policy/digest.h"

namespace exporters {
namespace {

using policy::ErrorCode;
using policy::Fail;
using policy::Result;

constexpr std::string_view magic = "sekisho last good v1\n";
constexpr std::size_t header_size_max = 1024;
const std::string good_name = "last_good.list";
const std::string next_name = "last_good.next";

// Takes "key value\n" off the front of `text`.
Result<std::string_view> TakeField(std::string_view& text, std::string_view key) {
  const std::size_t end = text.find('\n');
  const std::string_view line = text.substr(0, end);
  const bool has_key =
      line.starts_with(key) && line.size() > key.size() + 1 && line[key.size()] == ' ';
  if (end == text.npos || !has_key) {
    return Fail(ErrorCode::corrupt, "the line '" + std::string(key) + "' is missing");
  }
  text.remove_prefix(end + 1);
  return line.substr(key.size() + 1);
}

Result<std::uint64_t> ParseNumber(std::string_view text) {
  std::uint64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size()) {
    return Fail(ErrorCode::corrupt, "'" + std::string(text) + "' is not a number");
  }
  return number;
}

constexpr std::array<std::string_view, 6> fields{"list",  "release", "digest",
                                                 "count", "issued",  "expires"};

}  // namespace

std::string WriteHeldList(const HeldList& held) {
  std::string text(magic);
  text.reserve(header_size_max + held.list->text().size());
  text += "list " + held.name + "\n";
  text += "release " + std::to_string(held.release) + "\n";
  text += "digest " + policy::ToHex(held.list->digest()) + "\n";
  text += "count " + std::to_string(held.list->size()) + "\n";
  text += "issued " + policy::FormatTime(held.issued) + "\n";
  text += "expires " + policy::FormatTime(held.expires) + "\n\n";
  text += held.list->text();
  return text;
}

Result<HeldList> ReadHeldList(std::string_view text) {
  std::string_view rest = text;
  if (!rest.starts_with(magic)) return Fail(ErrorCode::corrupt, "it does not start as it should");
  rest.remove_prefix(magic.size());
  std::array<std::string_view, fields.size()> values;
  for (std::size_t i = 0; i < fields.size(); ++i) {
    auto value = TakeField(rest, fields[i]);
    if (!value) return tl::unexpected(value.error());
    values[i] = *value;
  }
  if (!rest.starts_with('\n')) return Fail(ErrorCode::corrupt, "its header has no end");
  HeldList held;
  held.name = values[0];
  const auto release = ParseNumber(values[1]);
  const auto digest = policy::ParseSha256(values[2]);
  const auto count = ParseNumber(values[3]);
  const auto issued = policy::ParseTime(values[4]);
  const auto expires = policy::ParseTime(values[5]);
  if (!release || !digest || !count || !issued || !expires) {
    return Fail(ErrorCode::corrupt, "its header cannot be read");
  }
  held.release = *release;
  held.issued = *issued;
  held.expires = *expires;
  auto list = policy::ListSnapshot::Parse(std::string(rest.substr(1)));
  if (!list) return Fail(ErrorCode::corrupt, list.error().detail);
  if ((*list)->digest() != *digest || (*list)->size() != *count) {
    return Fail(ErrorCode::corrupt, "its lines do not have the digest and the count of its header");
  }
  held.list = std::move(*list);
  return held;
}

Result<std::optional<HeldList>> LastKnownGood::Load(const std::string& name) {
  const std::filesystem::path path = folder_ / name;
  auto text = platform::ReadFile(path, size_max_ + header_size_max);
  if (!text && text.error().code == ErrorCode::not_found) return std::optional<HeldList>();
  if (!text) return tl::unexpected(std::move(text.error()));
  auto held = ReadHeldList(*text);
  if (held) return std::optional(std::move(*held));
  std::error_code ignored;
  std::filesystem::rename(path, folder_ / (name + ".corrupt"), ignored);
  return Fail(ErrorCode::corrupt,
              path.string() + ": " + held.error().detail + "; moved aside to .corrupt");
}

Result<std::optional<HeldList>> LastKnownGood::LoadGood() {
  return Load(good_name);
}

Result<std::optional<HeldList>> LastKnownGood::LoadNext() {
  return Load(next_name);
}

Result<void> LastKnownGood::StoreNext(const HeldList& held) {
  return platform::WriteFileAtomically(folder_ / next_name, WriteHeldList(held), 0600);
}

Result<void> LastKnownGood::Promote() {
  std::error_code error;
  std::filesystem::rename(folder_ / next_name, folder_ / good_name, error);
  if (!error) return {};
  return Fail(ErrorCode::unavailable, "cannot rename " + (folder_ / next_name).string() + " to " +
                                          good_name + ": " + error.message());
}

void LastKnownGood::DropNext() {
  std::error_code ignored;
  std::filesystem::remove(folder_ / next_name, ignored);
}

}  // namespace exporters
