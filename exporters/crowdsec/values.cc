#include "exporters/crowdsec/values.h"

#include <algorithm>
#include <string>
#include <string_view>

namespace exporters::crowdsec {
namespace {

using policy::ErrorCode;
using policy::Fail;
using policy::IpPrefix;
using policy::Result;
using policy::Uint128;

Result<void> CheckSize(std::size_t size, std::size_t entries_max) {
  if (entries_max == 0 || size <= entries_max) return {};
  return Fail(ErrorCode::exhausted,
              "the list has more decisions than its bouncers take, " + std::to_string(entries_max) +
                  " (entries_max); give the device a smaller list, or have fewer prefixes "
                  "expanded (expand_max)");
}

Result<IpPrefix> ReadPrefix(std::string_view text) {
  auto prefix = IpPrefix::Parse(text);
  if (prefix && prefix->length() == 0) {
    return Fail(ErrorCode::not_allowed, "refused to block every address: " + prefix->ToString() +
                                            " is on the list; revoke it");
  }
  return prefix;
}

// Appends what bouncers are told for `prefix`; false if it is too wide for that.
bool Append(const IpPrefix& prefix, const PrefixRule& rule, std::vector<IpPrefix>& out) {
  if (prefix.is_address() || rule.as_ranges) {
    out.push_back(prefix);
    return true;
  }
  if (prefix.last() - prefix.first() >= rule.expand_max) return false;
  for (Uint128 address = prefix.first(); address <= prefix.last(); ++address) {
    out.push_back(*IpPrefix::From(prefix.family(), address, prefix.length_max()));
  }
  return true;
}

}  // namespace

Result<Values> ValuesOf(const policy::ListSnapshot& list, const PrefixRule& rule,
                        std::size_t entries_max) {
  constexpr std::string_view kind = "ip ";
  Values values;
  for (std::size_t i = 0; i < list.size(); ++i) {
    const std::string_view line = list.line(i);
    if (!line.starts_with(kind)) {
      ++values.not_enforceable;
      continue;
    }
    const auto prefix = ReadPrefix(line.substr(kind.size()));
    if (!prefix) return tl::unexpected(prefix.error());
    if (Append(*prefix, rule, values.prefixes)) {
      ++values.enforced;
    } else {
      ++values.not_enforceable;
      ++values.too_wide;
    }
    if (auto ok = CheckSize(values.prefixes.size(), entries_max); !ok) {
      return tl::unexpected(ok.error());
    }
  }
  std::sort(values.prefixes.begin(), values.prefixes.end());
  values.prefixes.erase(std::unique(values.prefixes.begin(), values.prefixes.end()),
                        values.prefixes.end());
  return values;
}

}  // namespace exporters::crowdsec
