#include "agent/own_allowlist.h"

#include <string>
#include <variant>

namespace agent {
namespace {

using policy::Domain;
using policy::ErrorCode;
using policy::Fail;
using policy::IpFamily;
using policy::IpPrefix;
using policy::Result;

// Half of the Internet is no service that somebody answers for.
constexpr int length_min_v4 = 8;
constexpr int length_min_v6 = 20;

}  // namespace

const policy::AllowSource& OwnListOf(policy::AllowEffect effect) {
  return effect == policy::AllowEffect::never ? own_lists.front() : own_lists.back();
}

Result<policy::AllowEntry> EntryFor(const policy::Indicator& target, bool subtree) {
  if (const auto* const domain = std::get_if<Domain>(&target)) {
    return policy::AllowEntry{*domain, subtree};
  }
  if (const auto* const prefix = std::get_if<IpPrefix>(&target)) {
    return policy::AllowEntry{*prefix, false};
  }
  return Fail(ErrorCode::malformed_input, "allow a name, an address or a prefix, not a URL");
}

policy::Indicator TargetOf(const policy::AllowEntry& entry) {
  return std::visit([](const auto& what) { return policy::Indicator(what); }, entry.what);
}

policy::ParsedAllowlist ContentOf(const std::vector<store::AllowEntry>& entries,
                                  policy::AllowEffect effect) {
  policy::ParsedAllowlist content;
  for (const store::AllowEntry& entry : entries) {
    if (entry.effect == effect) content.entries.push_back(entry.entry);
  }
  return content;
}

Result<void> CheckEntry(const policy::AllowEntry& entry, const policy::PublicSuffixList& suffixes) {
  if (const auto* const domain = std::get_if<Domain>(&entry.what)) {
    if (!entry.subtree || !suffixes.IsPublicSuffix(domain->name())) return {};
    return Fail(ErrorCode::malformed_input,
                domain->name() +
                    " is a public suffix, below which strangers register: allow it "
                    "alone, or names below it");
  }
  const IpPrefix& prefix = std::get<IpPrefix>(entry.what);
  const int length_min = prefix.family() == IpFamily::v4 ? length_min_v4 : length_min_v6;
  if (prefix.length() >= length_min) return {};
  return Fail(ErrorCode::malformed_input,
              "a prefix this wide belongs into the configuration; here /" +
                  std::to_string(length_min) + " is the widest");
}

}  // namespace agent
