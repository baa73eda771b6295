#include "policy/allowlist_format.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <optional>
#include <utility>

#include "policy/indicator.h"
#include "policy/quote.h"

namespace policy {
namespace {

using Json = nlohmann::json;

enum class ListType : std::uint8_t { hostname, string, cidr };

Result<ListType> TypeOf(const Json& document) {
  const auto type = document.find("type");
  if (type == document.end() || !type->is_string()) {
    return Fail(ErrorCode::malformed_input, "the warninglist has no \"type\"");
  }
  const std::string& name = type->get_ref<const std::string&>();
  if (name == "hostname") return ListType::hostname;
  if (name == "string") return ListType::string;
  if (name == "cidr") return ListType::cidr;
  if (name == "substring" || name == "regex") {
    return Fail(ErrorCode::not_allowed,
                "the warninglist is of type " + name +
                    ", whose entries match parts of any text: nothing can be decided from one");
  }
  return Fail(ErrorCode::malformed_input, "the warninglist's type " + Quote(name) + " is unknown");
}

// Whether the list says that it is for names, addresses or URLs; one that does not say is.
bool IsForNetworks(const Json& document) {
  const auto attributes = document.find("matching_attributes");
  if (attributes == document.end() || !attributes->is_array() || attributes->empty()) return true;
  return std::any_of(attributes->begin(), attributes->end(), [](const Json& attribute) {
    if (!attribute.is_string()) return false;
    const std::string& name = attribute.get_ref<const std::string&>();
    return name.starts_with("domain") || name.starts_with("hostname") || name.starts_with("ip-") ||
           name == "url" || name == "uri";
  });
}

Result<IpPrefix> ParsePrefixEntry(std::string_view text) {
  // Published lists are careless about host bits; the network is what they mean.
  auto prefix = IpPrefix::Parse(text, HostBits::clear);
  if (prefix && prefix->length() == 0) {
    return Fail(ErrorCode::not_allowed,
                Quote(text) + " holds every address: it would allow the whole Internet");
  }
  return prefix;
}

Result<AllowEntry> ParseNameEntry(std::string_view text, bool subtree) {
  // Lists of strings also hold file hashes; an MD5 would pass for a single label.
  if (FileHash::Parse(text)) {
    return Fail(ErrorCode::malformed_input, Quote(text) + " is a file hash, not a name");
  }
  auto name = Domain::Parse(text);
  if (!name) return tl::unexpected(name.error());
  return AllowEntry{*std::move(name), subtree};
}

bool LooksLikeAddress(std::string_view text) {
  return text.find_first_of(":/") != std::string_view::npos || IpPrefix::Parse(text).has_value();
}

// `subtree_by_default`: whether a name without a leading dot speaks for those below it.
Result<AllowEntry> ParseEntry(std::string_view text, bool subtree_by_default) {
  if (LooksLikeAddress(text)) {
    auto prefix = ParsePrefixEntry(text);
    if (!prefix) return tl::unexpected(prefix.error());
    return AllowEntry{*prefix, true};
  }
  if (text.starts_with('.')) return ParseNameEntry(text.substr(1), true);
  return ParseNameEntry(text, subtree_by_default);
}

void Add(Result<AllowEntry> entry, std::size_t line, ParsedAllowlist& parsed) {
  if (entry) {
    parsed.entries.push_back(*std::move(entry));
  } else {
    parsed.rejected.push_back({line, std::move(entry.error().detail)});
  }
}

Result<AllowEntry> ParseMispEntry(const Json& item, ListType type) {
  if (!item.is_string()) return Fail(ErrorCode::malformed_input, "the entry is not a string");
  const std::string& text = item.get_ref<const std::string&>();
  if (type != ListType::cidr) return ParseEntry(text, type == ListType::hostname);
  auto prefix = ParsePrefixEntry(text);
  if (!prefix) return tl::unexpected(prefix.error());
  return AllowEntry{*prefix, true};
}

// What nlohmann says can quote the input; only printable bytes of it may reach a log.
std::string Printable(std::string text) {
  std::replace_if(
      text.begin(), text.end(), [](char c) { return c < ' ' || c > '~'; }, '?');
  return text;
}

Result<Json> ParseJson(std::string_view text) {
  try {
    return Json::parse(text.begin(), text.end());
  } catch (const Json::exception& e) {
    return Fail(ErrorCode::malformed_input, "the warninglist is no JSON: " + Printable(e.what()));
  }
}

std::string_view Trim(std::string_view text) {
  constexpr std::string_view blank = " \t\r\n";
  const std::size_t begin = text.find_first_not_of(blank);
  if (begin == std::string_view::npos) return {};
  return text.substr(begin, text.find_last_not_of(blank) - begin + 1);
}

Result<AllowEntry> ParsePlainEntry(std::string_view text) {
  if (text.starts_with('=')) return ParseNameEntry(text.substr(1), false);
  return ParseEntry(text, true);
}

}  // namespace

Result<ParsedAllowlist> ParseMispWarninglist(std::string_view json) {
  const auto document = ParseJson(json);
  if (!document) return tl::unexpected(document.error());
  if (!document->is_object()) {
    return Fail(ErrorCode::malformed_input, "the warninglist is not a JSON object");
  }
  const auto type = TypeOf(*document);
  if (!type) return tl::unexpected(type.error());
  if (!IsForNetworks(*document)) {
    return Fail(ErrorCode::not_allowed,
                "the warninglist is for hashes or other things that no network device blocks");
  }
  const auto list = document->find("list");
  if (list == document->end() || !list->is_array()) {
    return Fail(ErrorCode::malformed_input, "the warninglist has no array \"list\"");
  }
  ParsedAllowlist parsed;
  parsed.entries.reserve(list->size());
  std::size_t index = 0;
  for (const Json& item : *list) Add(ParseMispEntry(item, *type), ++index, parsed);
  return parsed;
}

Result<ParsedAllowlist> ParsePlainAllowlist(std::string_view text) {
  constexpr std::string_view byte_order_mark = "\xef\xbb\xbf";
  if (text.starts_with(byte_order_mark)) text.remove_prefix(byte_order_mark.size());
  ParsedAllowlist parsed;
  for (std::size_t line_number = 1; !text.empty(); ++line_number) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    const std::string_view line = text.substr(0, end);
    const std::string_view entry = Trim(line.substr(0, line.find('#')));
    if (!entry.empty()) Add(ParsePlainEntry(entry), line_number, parsed);
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return parsed;
}

}  // namespace policy
