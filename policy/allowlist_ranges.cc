#include "policy/allowlist_ranges.h"

#include <nlohmann/json.hpp>
#include <set>
#include <span>
#include <string>
#include <utility>

#include "policy/quote.h"

namespace policy {
namespace {

using Json = nlohmann::json;

// What stands at `key`, or null where there is no such thing.
const Json& At(const Json& value, std::string_view key) {
  static const Json nothing;
  if (!value.is_object()) return nothing;
  const auto found = value.find(std::string(key));
  return found == value.end() ? nothing : *found;
}

// Gathers prefixes, each once: Azure names most under several tags.
class Ranges {
 public:
  void Add(const Json& text) {
    ++index_;
    if (!text.is_string()) return Reject("it is no text");
    const std::string& written = text.get_ref<const std::string&>();
    const auto prefix = IpPrefix::Parse(written);
    if (!prefix) return Reject(prefix.error().detail);
    if (prefix->length() == 0) return Reject(Quote(written) + " holds every address");
    if (known_.insert(*prefix).second) parsed_.entries.push_back({*prefix, true});
  }
  void AddAll(const Json& list) {
    if (!list.is_array()) return;
    for (const Json& each : list) Add(each);
  }

  Result<ParsedAllowlist> Finish(std::string_view provider) && {
    if (index_ == 0) {
      return Fail(ErrorCode::malformed_input, "there are no prefixes where " +
                                                  std::string(provider) +
                                                  " puts them: check the list's URL and format");
    }
    return std::move(parsed_);
  }

 private:
  void Reject(std::string reason) { parsed_.rejected.push_back({index_, std::move(reason)}); }

  std::size_t index_ = 0;  // of the prefix in the file, from 1
  std::set<IpPrefix> known_;
  ParsedAllowlist parsed_;
};

using Gather = void (*)(const Json& document, Ranges& ranges);

Result<ParsedAllowlist> Parse(std::string_view text, std::string_view provider, Gather gather) {
  const Json document = Json::parse(text.begin(), text.end(), nullptr, false);
  if (document.is_discarded()) {
    return Fail(ErrorCode::malformed_input, "the list is no JSON, or is cut short");
  }
  Ranges ranges;
  gather(document, ranges);
  return std::move(ranges).Finish(provider);
}

// [{"ipv4Prefix": "192.0.2.0/24"}, ...]: of each element the members that it has.
void AddMembers(const Json& list, std::initializer_list<std::string_view> names, Ranges& ranges) {
  if (!list.is_array()) return;
  for (const Json& each : list) {
    for (const std::string_view name : names) {
      if (const Json& prefix = At(each, name); !prefix.is_null()) ranges.Add(prefix);
    }
  }
}

}  // namespace

Result<ParsedAllowlist> ParseAwsRanges(std::string_view json) {
  return Parse(json, "AWS", [](const Json& document, Ranges& ranges) {
    AddMembers(At(document, "prefixes"), {"ip_prefix"}, ranges);
    AddMembers(At(document, "ipv6_prefixes"), {"ipv6_prefix"}, ranges);
  });
}

Result<ParsedAllowlist> ParseAzureRanges(std::string_view json) {
  return Parse(json, "Azure", [](const Json& document, Ranges& ranges) {
    const Json& values = At(document, "values");
    if (!values.is_array()) return;
    for (const Json& tag : values) ranges.AddAll(At(At(tag, "properties"), "addressPrefixes"));
  });
}

Result<ParsedAllowlist> ParseGoogleRanges(std::string_view json) {
  return Parse(json, "Google", [](const Json& document, Ranges& ranges) {
    AddMembers(At(document, "prefixes"), {"ipv4Prefix", "ipv6Prefix"}, ranges);
  });
}

Result<ParsedAllowlist> ParseCloudflareRanges(std::string_view json) {
  return Parse(json, "Cloudflare", [](const Json& document, Ranges& ranges) {
    const Json& result = At(document, "result");
    for (const char* name : {"ipv4_cidrs", "ipv6_cidrs", "jdcloud_cidrs"}) {
      ranges.AddAll(At(result, name));
    }
  });
}

Result<ParsedAllowlist> ParseFastlyRanges(std::string_view json) {
  return Parse(json, "Fastly", [](const Json& document, Ranges& ranges) {
    ranges.AddAll(At(document, "addresses"));
    ranges.AddAll(At(document, "ipv6_addresses"));
  });
}

}  // namespace policy
