#include "exporters/crowdsec/values.h"

#include <algorithm>
#include <string>

#include "exporters/ip_lines.h"

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

// Appends what bouncers are told for `prefix`; false if it is too wide for that.
bool Append(const IpPrefix& prefix, const PrefixRule& rule, std::vector<IpPrefix>& out) {
  if (prefix.is_address() || rule.as_ranges) {
    out.push_back(prefix);
    return true;
  }
  // One less than the addresses in it, which may be the last of all.
  const Uint128 more = prefix.last() - prefix.first();
  if (more >= rule.expand_max) return false;
  for (Uint128 i = 0; i <= more; ++i) {
    out.push_back(*IpPrefix::From(prefix.family(), prefix.first() + i, prefix.length_max()));
  }
  return true;
}

}  // namespace

Result<Values> ValuesOf(const policy::ListSnapshot& list, const PrefixRule& rule,
                        std::size_t entries_max) {
  const auto lines = IpLinesOf(list);
  if (!lines) return tl::unexpected(lines.error());
  Values values;
  values.not_enforceable = lines->others;
  for (const IpPrefix& prefix : lines->prefixes) {
    if (Append(prefix, rule, values.prefixes)) {
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
