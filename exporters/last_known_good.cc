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

constexpr std::string_view magic = "sekisho last good v2\n";
// As before lines had terms: without the fields after `expires`.
constexpr std::string_view magic_v1 = "sekisho last good v1\n";
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

constexpr std::array<std::string_view, 9> fields{"list",    "release", "digest", "count", "issued",
                                                 "expires", "terms",   "ended",  "whole"};
constexpr std::size_t fields_v1 = 6;

using Fields = std::array<std::string_view, fields.size()>;

// Takes the magic line, the fields and the empty line off the front of `text`.
Result<Fields> TakeHeader(std::string_view& text) {
  const bool is_v1 = text.starts_with(magic_v1);
  if (!is_v1 && !text.starts_with(magic)) {
    return Fail(ErrorCode::corrupt, "it does not start as it should");
  }
  text.remove_prefix(magic.size());
  Fields values;
  for (std::size_t i = 0; i < (is_v1 ? fields_v1 : fields.size()); ++i) {
    auto value = TakeField(text, fields[i]);
    if (!value) return tl::unexpected(value.error());
    values[i] = *value;
  }
  if (!text.starts_with('\n')) return Fail(ErrorCode::corrupt, "its header has no end");
  text.remove_prefix(1);
  return values;
}

Result<std::optional<Ended>> EndedOf(std::string_view count, std::string_view whole) {
  const auto lines = ParseNumber(count);
  if (!lines) return tl::unexpected(lines.error());
  if (*lines == 0) return std::optional<Ended>();
  const auto digest = policy::ParseSha256(whole);
  if (!digest) return tl::unexpected(digest.error());
  return std::optional(Ended{*lines, *digest});
}

}  // namespace

std::string WriteHeldList(const HeldList& held) {
  std::string text(magic);
  text.reserve(header_size_max + held.list->text().size() + 15 * held.list->size());
  text += "list " + held.name + "\n";
  text += "release " + std::to_string(held.release) + "\n";
  text += "digest " + policy::ToHex(held.list->digest()) + "\n";
  text += "count " + std::to_string(held.list->size()) + "\n";
  text += "issued " + policy::FormatTime(held.issued) + "\n";
  text += "expires " + policy::FormatTime(held.expires) + "\n";
  text += "terms " + policy::ToHex(held.list->id().terms) + "\n";
  text += "ended " + std::to_string(held.ended ? held.ended->lines : 0) + "\n";
  text += "whole " + policy::ToHex(held.signed_digest()) + "\n\n";
  text += held.list->TermedText();
  return text;
}

Result<HeldList> ReadHeldList(std::string_view text) {
  auto header = TakeHeader(text);
  if (!header) return tl::unexpected(std::move(header.error()));
  const auto& [name, number, lines_digest, lines, since, until, terms, ended, whole] = *header;
  const bool is_v1 = terms.empty();
  const auto release = ParseNumber(number);
  const auto digest = policy::ParseSha256(lines_digest);
  const auto count = ParseNumber(lines);
  const auto issued = policy::ParseTime(since);
  const auto expires = policy::ParseTime(until);
  const auto terms_digest = is_v1 ? Result<policy::Sha256>(policy::DigestOf(policy::PackedTerms()))
                                  : policy::ParseSha256(terms);
  auto its_ended = is_v1 ? Result<std::optional<Ended>>() : EndedOf(ended, whole);
  if (!release || !digest || !count || !issued || !expires || !terms_digest || !its_ended) {
    return Fail(ErrorCode::corrupt, "its header cannot be read");
  }
  auto list = policy::ListSnapshot::ParseTermed(text);
  if (!list) return Fail(ErrorCode::corrupt, list.error().detail);
  if ((*list)->id() != policy::ListId{*digest, *terms_digest} || (*list)->size() != *count) {
    return Fail(ErrorCode::corrupt,
                "its lines do not have the digests and the count of its header");
  }
  return HeldList{std::string(name), *release,         *issued,
                  *expires,          std::move(*list), std::move(*its_ended)};
}

Result<std::optional<HeldList>> LastKnownGood::Load(const std::string& name) {
  const std::filesystem::path path = folder_ / name;
  // Terms make a line longer, by less than twice its shortest form.
  auto text = platform::ReadFile(path, 3 * size_max_ + header_size_max);
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

Result<void> LastKnownGood::StoreLeftOut(const std::string& lines) {
  if (!lines.empty()) return platform::WriteFileAtomically(left_out_path(), lines, 0600);
  std::error_code ignored;
  std::filesystem::remove(left_out_path(), ignored);
  return {};
}

void LastKnownGood::DropNext() {
  std::error_code ignored;
  std::filesystem::remove(folder_ / next_name, ignored);
}

}  // namespace exporters
