#include "agent/feeds/suricata_match.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <utility>

#include "agent/feeds/feed_text.h"
#include "policy/ascii.h"

namespace agent::feeds {
namespace {

using policy::ErrorCode;
using policy::Fail;
using policy::Indicator;
using policy::Result;

enum class Buffer { name, host, uri, method, other };

struct Part {
  Buffer buffer = Buffer::other;
  std::string bytes;
  bool tied_at_start = false;
  bool tied_at_end = false;
};

// Sticky buffers speak of the contents after them.
std::optional<Buffer> StickyBuffer(std::string_view key) {
  if (key == "dns.query" || key == "dns_query" || key == "tls.sni" || key == "tls_sni") {
    return Buffer::name;
  }
  if (key == "http.host" || key == "http.host.raw") return Buffer::host;
  if (key == "http.uri" || key == "http.uri.raw") return Buffer::uri;
  if (key == "http.method") return Buffer::method;
  return std::nullopt;
}

// Suricata 4 named the buffer after the content.
std::optional<Buffer> BufferOfContentBefore(std::string_view key) {
  if (key == "http_host" || key == "http_raw_host") return Buffer::host;
  if (key == "http_uri" || key == "http_raw_uri") return Buffer::uri;
  if (key == "http_method") return Buffer::method;
  return std::nullopt;
}

// Keywords that describe, or narrow a rule no further than what a device sees anyway.
bool SaysNothing(const SuricataRule::Option& option) {
  constexpr std::array<std::string_view, 16> keys{
      "msg",      "sid",  "rev",       "gid", "classtype",    "reference", "metadata",
      "priority", "flow", "threshold", "tag", "fast_pattern", "nocase",    "detection_filter",
      "target",   "flags"};
  if (option.key == "flowbits" || option.key == "xbits") {
    return option.value.starts_with("set") || option.value.starts_with("unset");
  }
  return std::find(keys.begin(), keys.end(), option.key) != keys.end();
}

std::optional<std::size_t> NumberOf(std::string_view text) {
  std::size_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return number;
}

bool IsHttpMethod(std::string_view text) {
  return !text.empty() && text.size() <= 10 &&
         std::all_of(text.begin(), text.end(), [](char c) { return policy::IsLetter(c); });
}

// Walks over the options of a rule and gathers its contents.
class Matcher {
 public:
  // Fails at what can't be said by an indicator.
  Result<void> Take(const SuricataRule::Option& option) {
    if (SaysNothing(option)) return {};
    if (const auto sticky = StickyBuffer(option.key)) {
      if (!option.value.empty()) return NotUnderstood(option.key);
      buffer_ = *sticky;
      bsize_.reset();
      dotprefix_ = false;
      return {};
    }
    if (option.key == "content") return TakeContent(option.value);
    if (option.key == "dotprefix") {
      dotprefix_ = true;
      return {};
    }
    if (option.key == "bsize" && TakeSize(option.value)) return {};
    if (parts_.empty()) return NotUnderstood(option.key);
    return TakeModifier(parts_.back(), option);
  }

  const std::vector<Part>& parts() const { return parts_; }

 private:
  Result<void> TakeContent(std::string_view value) {
    auto content = ParseSuricataContent(value);
    if (!content) return tl::unexpected(std::move(content.error()));
    if (content->negated) return Fail(ErrorCode::not_allowed, "negated content");
    Part part{buffer_, std::move(content->bytes), false, false};
    if (bsize_ == part.bytes.size()) part.tied_at_start = part.tied_at_end = true;
    if (dotprefix_ && part.bytes.starts_with('.')) part.tied_at_start = true;
    parts_.push_back(std::move(part));
    return {};
  }

  // Of the buffer, whether written before or after its content.
  bool TakeSize(std::string_view value) {
    bsize_ = NumberOf(value);
    if (!bsize_) return false;
    if (!parts_.empty() && parts_.back().buffer == buffer_ &&
        parts_.back().bytes.size() == *bsize_) {
      parts_.back().tied_at_start = parts_.back().tied_at_end = true;
    }
    return true;
  }

  static Result<void> TakeModifier(Part& part, const SuricataRule::Option& option) {
    if (const auto buffer = BufferOfContentBefore(option.key)) {
      part.buffer = *buffer;
    } else if (option.key == "startswith") {
      part.tied_at_start = true;
    } else if (option.key == "endswith") {
      part.tied_at_end = true;
    } else if (option.key == "depth") {
      if (NumberOf(option.value) == part.bytes.size()) part.tied_at_start = true;
    } else if (option.key == "offset") {
      if (option.value != "0") return NotUnderstood(option.key);
    } else if (option.key == "isdataat") {
      std::string value = option.value;
      std::erase(value, ' ');
      if (value != "!1,relative") return NotUnderstood(option.key);
      part.tied_at_end = true;
    } else {
      return NotUnderstood(option.key);
    }
    return {};
  }

  static tl::unexpected<policy::Error> NotUnderstood(const std::string& key) {
    constexpr std::array<std::string_view, 12> known{"pcre",      "flowbits", "xbits",  "byte_test",
                                                     "byte_jump", "dsize",    "offset", "isdataat",
                                                     "distance",  "within",   "urilen", "noalert"};
    const bool is_known = std::find(known.begin(), known.end(), key) != known.end();
    // A class of its own for each made-up key would let a file fill memory with them.
    return Fail(ErrorCode::not_allowed,
                "condition that no list can hold" + (is_known ? " (" + key + ")" : std::string()));
  }

  Buffer buffer_ = Buffer::other;
  std::optional<std::size_t> bsize_;
  bool dotprefix_ = false;
  std::vector<Part> parts_;
};

bool IsVariable(std::string_view address) {
  return address == "any" || address.starts_with('$') || address.starts_with("!$");
}

Result<std::vector<Indicator>> AddressesOf(std::string_view list) {
  if (list.starts_with('[') && list.ends_with(']')) list = list.substr(1, list.size() - 2);
  std::vector<Indicator> addresses;
  while (!list.empty()) {
    const std::size_t comma = std::min(list.find(','), list.size());
    const auto prefix = policy::IpPrefix::Parse(TrimBlanks(list.substr(0, comma)));
    if (!prefix) return Fail(ErrorCode::not_allowed, "addresses that are not a plain list");
    addresses.emplace_back(*prefix);
    list.remove_prefix(std::min(comma + 1, list.size()));
  }
  if (addresses.empty()) return Fail(ErrorCode::malformed_input, "empty list of addresses");
  return addresses;
}

Result<std::vector<Indicator>> FromHeader(const SuricataRule& rule) {
  const bool source_is_variable = IsVariable(rule.source);
  if (source_is_variable == IsVariable(rule.target)) {
    return Fail(ErrorCode::not_allowed,
                source_is_variable ? "no name, URL or address" : "addresses on both sides");
  }
  return AddressesOf(source_is_variable ? rule.target : rule.source);
}

bool IsWhole(const Part& part, bool unanchored) {
  return unanchored || (part.tied_at_start && part.tied_at_end) ||
         (part.bytes.starts_with('.') && part.tied_at_end);
}

Result<Indicator> NameOrAddress(const Part& part, bool unanchored) {
  if (!IsWhole(part, unanchored)) {
    return Fail(ErrorCode::not_allowed, "content that need not be the whole name");
  }
  std::string_view text = part.bytes;
  if (const auto prefix = policy::IpPrefix::Parse(text); prefix && prefix->is_address()) {
    return Indicator(*prefix);
  }
  if (text.starts_with('.')) text.remove_prefix(1);
  auto name = policy::Domain::Parse(text);
  if (!name || name->name().find('.') == std::string::npos) {
    return Fail(ErrorCode::not_allowed, "content that is no whole name or address");
  }
  return Indicator(*std::move(name));
}

// The scheme is http, for Suricata does not see inside TLS; the port is the header's, if it names
// one.
Result<Indicator> UrlOf(const Part& host, const Part& uri, const SuricataRule& rule,
                        bool unanchored) {
  const bool is_path = uri.bytes.starts_with('/');
  if (!is_path || host.bytes.starts_with('.') ||
      !(unanchored || (uri.tied_at_start && uri.tied_at_end))) {
    return Fail(ErrorCode::not_allowed, "content that need not be the whole URL");
  }
  const auto where = NameOrAddress(host, unanchored);
  if (!where) return tl::unexpected(where.error());
  std::string text = "http://" + host.bytes;
  if (NumberOf(rule.target_ports)) text.append(":").append(rule.target_ports);
  auto url = policy::Url::Parse(text + uri.bytes);
  if (!url) return Fail(ErrorCode::not_allowed, "content that is no URL");
  return Indicator(*std::move(url));
}

const Part* OnlyPart(const std::vector<Part>& parts, Buffer buffer) {
  const Part* only = nullptr;
  for (const Part& part : parts) {
    if (part.buffer != buffer) continue;
    if (only != nullptr) return nullptr;
    only = &part;
  }
  return only;
}

Result<Indicator> FromContents(std::vector<Part> parts, const SuricataRule& rule, bool unanchored) {
  std::erase_if(parts, [](const Part& part) {
    return part.buffer == Buffer::method && IsHttpMethod(part.bytes);
  });
  const Part* const name = OnlyPart(parts, Buffer::name);
  const Part* const host = OnlyPart(parts, Buffer::host);
  const Part* const uri = OnlyPart(parts, Buffer::uri);
  if (parts.size() == 1 && name != nullptr) return NameOrAddress(*name, unanchored);
  if (parts.size() == 1 && host != nullptr) return NameOrAddress(*host, unanchored);
  if (parts.size() == 2 && host != nullptr && uri != nullptr) {
    return UrlOf(*host, *uri, rule, unanchored);
  }
  return Fail(ErrorCode::not_allowed, "contents that are not one name or URL");
}

}  // namespace

Result<std::vector<Indicator>> IndicatorsOf(const SuricataRule& rule, bool unanchored) {
  if (rule.action != "alert" && rule.action != "drop" && rule.action != "reject") {
    return Fail(ErrorCode::not_allowed, "action that is not alert, drop or reject");
  }
  Matcher matcher;
  for (const SuricataRule::Option& option : rule.options) {
    if (auto taken = matcher.Take(option); !taken) return tl::unexpected(std::move(taken.error()));
  }
  if (matcher.parts().empty()) return FromHeader(rule);
  if (!IsVariable(rule.source) || !IsVariable(rule.target)) {
    return Fail(ErrorCode::not_allowed, "addresses and contents at once");
  }
  auto one = FromContents(matcher.parts(), rule, unanchored);
  if (!one) return tl::unexpected(std::move(one.error()));
  return std::vector<Indicator>{*std::move(one)};
}

}  // namespace agent::feeds
