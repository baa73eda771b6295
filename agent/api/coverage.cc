#include "agent/api/coverage.h"

#include "policy/evaluate.h"

namespace agent::api {
namespace {

using policy::Domain;
using policy::Indicator;
using policy::IpPrefix;

void AddParents(const Domain& domain, std::vector<Indicator>& all) {
  for (auto name = policy::ParentName(domain.name()); !name.empty();
       name = policy::ParentName(name)) {
    if (const auto parent = Domain::Parse(name)) all.emplace_back(*parent);
  }
}

void AddWider(const IpPrefix& prefix, std::vector<Indicator>& all) {
  for (int length = prefix.length() - 1; length >= 0; --length) {
    const int host_bits = prefix.length_max() - length;
    // A shift by the whole width is undefined, and leaves nothing of the address.
    const policy::Uint128 first =
        host_bits == 128 ? policy::Uint128{0} : (prefix.first() >> host_bits) << host_bits;
    if (const auto wider = IpPrefix::From(prefix.family(), first, length)) all.emplace_back(*wider);
  }
}

}  // namespace

std::vector<Indicator> CoveredBy(const Indicator& indicator) {
  std::vector<Indicator> all{indicator};
  if (const auto* url = std::get_if<policy::Url>(&indicator)) {
    all.push_back(policy::HostOf(*url));
  }
  const Indicator host = all.back();
  if (const auto* domain = std::get_if<Domain>(&host)) AddParents(*domain, all);
  if (const auto* prefix = std::get_if<IpPrefix>(&host)) AddWider(*prefix, all);
  return all;
}

}  // namespace agent::api
