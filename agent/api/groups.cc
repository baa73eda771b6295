#include "agent/api/groups.h"

#include <algorithm>
#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <variant>
#include <vector>

#include "agent/api/filters.h"
#include "agent/api/messages.h"
#include "agent/api/page_token.h"

namespace agent::api {
namespace {

using policy::Result;
using sekisho::v1::GroupProposalsRequest;
using sekisho::v1::GroupProposalsResponse;

constexpr std::size_t groups_by_default = 50;
constexpr std::size_t groups_max = 1000;
constexpr int v4_network_length = 24;
constexpr int v6_network_length = 48;

using Counts = std::unordered_map<std::string, std::uint64_t>;

std::vector<std::string> KeysOf(const store::TraitCount& traits, GroupProposalsRequest::By by) {
  switch (by) {
    case GroupProposalsRequest::BY_KIND: return {std::string(policy::Name(traits.kind))};
    case GroupProposalsRequest::BY_THREAT: return {traits.threat};
    case GroupProposalsRequest::BY_MALWARE: return {traits.malware};
    case GroupProposalsRequest::BY_CAMPAIGN: return {traits.campaign};
    case GroupProposalsRequest::BY_FEED: return SplitAtCommas(traits.feeds);
    default: return SplitAtCommas(traits.reason_codes);
  }
}

Result<Counts> ByTrait(store::Reader& reader, const store::ProposalQuery& query,
                       GroupProposalsRequest::By by) {
  const auto rows = reader.CountByTrait(query);
  if (!rows) return tl::unexpected(rows.error());
  Counts counts;
  for (const store::TraitCount& row : *rows) {
    for (std::string& key : KeysOf(row, by)) counts[std::move(key)] += row.count;
  }
  return counts;
}

// A domain or an address; null for what is neither.
struct Place {
  const policy::Domain* domain = nullptr;
  const policy::IpPrefix* ip = nullptr;
};

Place PlaceOf(const policy::Indicator& target) {
  const auto* const url = std::get_if<policy::Url>(&target);
  if (url == nullptr) {
    return {std::get_if<policy::Domain>(&target), std::get_if<policy::IpPrefix>(&target)};
  }
  return {std::get_if<policy::Domain>(&url->host()), std::get_if<policy::IpPrefix>(&url->host())};
}

// "203.0.113.": what the text of every address of the /24 starts with.
std::string NetworkOf(const policy::IpPrefix& ip) {
  const bool is_v4 = ip.family() == policy::IpFamily::v4;
  const int length = is_v4 ? v4_network_length : v6_network_length;
  if (ip.length() < length) return ip.ToString();
  const int host_bits = ip.length_max() - length;
  const auto network =
      policy::IpPrefix::From(ip.family(), ip.first() >> host_bits << host_bits, length);
  if (!network) return ip.ToString();
  const std::string text = network->ToString();
  return is_v4 ? text.substr(0, text.rfind('.') + 1) : text;
}

std::string KeyOf(const policy::Indicator& target, GroupProposalsRequest::By by,
                  const policy::PublicSuffixList* suffixes) {
  const Place place = PlaceOf(target);
  if (by == GroupProposalsRequest::BY_NETWORK)
    return place.ip != nullptr ? NetworkOf(*place.ip) : "";
  if (place.domain == nullptr) return "";
  const std::string& name = place.domain->name();
  const std::string_view site = suffixes != nullptr ? suffixes->RegistrableDomain(name) : "";
  return site.empty() ? name : std::string(site);
}

// What has no site, or no network, is in no group.
Result<Counts> ByTarget(store::Reader& reader, const store::ProposalQuery& query,
                        GroupProposalsRequest::By by, const policy::PublicSuffixList* suffixes) {
  Counts counts;
  auto read = reader.ForEachTarget(query, [&](const policy::Indicator& target) {
    std::string key = KeyOf(target, by, suffixes);
    if (!key.empty()) ++counts[std::move(key)];
    return true;
  });
  if (!read) return tl::unexpected(read.error());
  return counts;
}

std::string TermOf(GroupProposalsRequest::By by, const std::string& key) {
  // The language has no escaping within quotes.
  if (key.empty() || key.find('"') != std::string::npos) return "";
  const std::string value = key.find(' ') == std::string::npos ? key : '"' + key + '"';
  switch (by) {
    case GroupProposalsRequest::BY_KIND: return "kind:" + value;
    case GroupProposalsRequest::BY_THREAT: return "threat:" + value;
    case GroupProposalsRequest::BY_MALWARE: return "malware:" + value;
    case GroupProposalsRequest::BY_CAMPAIGN: return "campaign:" + value;
    case GroupProposalsRequest::BY_FEED: return "feed:" + value;
    case GroupProposalsRequest::BY_REASON: return "reason:" + value;
    case GroupProposalsRequest::BY_SITE: return "within:" + value;
    default: return key.ends_with('.') ? '"' + key + '"' : "";
  }
}

bool IsByTarget(GroupProposalsRequest::By by) {
  return by == GroupProposalsRequest::BY_SITE || by == GroupProposalsRequest::BY_NETWORK;
}

}  // namespace

Result<GroupProposalsResponse> GroupProposals(const Desk& desk,
                                              const GroupProposalsRequest& request) {
  const auto by = request.by();
  if (by == GroupProposalsRequest::BY_UNSPECIFIED || !GroupProposalsRequest::By_IsValid(by)) {
    return policy::Fail(policy::ErrorCode::malformed_input, "say by what to group");
  }
  const auto query = ReadFilter(desk, request.filter());
  if (!query) return tl::unexpected(query.error());
  auto reader = desk.store.Read();
  if (!reader) return tl::unexpected(reader.error());
  auto counts = IsByTarget(by) ? ByTarget(**reader, *query, by, desk.suffixes.get())
                               : ByTrait(**reader, *query, by);
  if (!counts) return tl::unexpected(counts.error());

  std::vector<std::pair<std::string, std::uint64_t>> groups(counts->begin(), counts->end());
  const std::size_t shown =
      std::min(PageLimit(request.limit(), groups_by_default, groups_max), groups.size());
  std::partial_sort(groups.begin(), groups.begin() + static_cast<std::ptrdiff_t>(shown),
                    groups.end(), [](const auto& a, const auto& b) {
                      return a.second != b.second ? a.second > b.second : a.first < b.first;
                    });
  GroupProposalsResponse response;
  response.set_groups_total(groups.size());
  for (std::size_t i = 0; i < shown; ++i) {
    sekisho::v1::ProposalGroup& group = *response.add_groups();
    group.set_key(groups[i].first);
    group.set_term(TermOf(by, groups[i].first));
    group.set_count(groups[i].second);
  }
  return response;
}

}  // namespace agent::api
