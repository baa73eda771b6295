#include "policy/coverage.h"

#include "policy/evaluate.h"

namespace policy {
namespace {

void AddParents(const Domain& domain, std::vector<Indicator>& all) {
  for (auto name = ParentName(domain.name()); !name.empty(); name = ParentName(name)) {
    if (const auto parent = Domain::Parse(name)) all.emplace_back(*parent);
  }
}

void AddWider(const IpPrefix& prefix, std::vector<Indicator>& all) {
  for (int length = prefix.length() - 1; length >= 0; --length) {
    const int host_bits = prefix.length_max() - length;
    // A shift by the whole width is undefined, and leaves nothing of the address.
    const Uint128 first =
        host_bits == 128 ? Uint128{0} : (prefix.first() >> host_bits) << host_bits;
    if (const auto wider = IpPrefix::From(prefix.family(), first, length)) all.emplace_back(*wider);
  }
}

bool CoversHost(const Indicator& outer, const Indicator& host) {
  if (const auto* ancestor = std::get_if<Domain>(&outer)) {
    const auto* const name = std::get_if<Domain>(&host);
    return name != nullptr && name->IsWithin(*ancestor);
  }
  const auto* const wider = std::get_if<IpPrefix>(&outer);
  const auto* const prefix = std::get_if<IpPrefix>(&host);
  return wider != nullptr && prefix != nullptr && wider->Contains(*prefix);
}

}  // namespace

bool Covers(const Indicator& outer, const Indicator& inner) {
  if (outer == inner) return true;
  const auto* const url = std::get_if<Url>(&inner);
  return url != nullptr ? CoversHost(outer, HostOf(*url)) : CoversHost(outer, inner);
}

std::vector<Indicator> CoveredBy(const Indicator& indicator) {
  std::vector<Indicator> all{indicator};
  if (const auto* url = std::get_if<Url>(&indicator)) {
    all.push_back(HostOf(*url));
  }
  const Indicator host = all.back();
  if (const auto* domain = std::get_if<Domain>(&host)) AddParents(*domain, all);
  if (const auto* prefix = std::get_if<IpPrefix>(&host)) AddWider(*prefix, all);
  return all;
}

}  // namespace policy
