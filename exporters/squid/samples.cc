#include "exporters/squid/samples.h"

#include <algorithm>

#include "policy/indicator.h"

namespace exporters::squid {
namespace {

// Calls `take` with at most `count` indices below `size`, spread from the first to the last.
template <class Take>
void Spread(std::size_t size, std::size_t count, const Take& take) {
  const std::size_t taken = std::min(size, count);
  for (std::size_t i = 0; i < taken; ++i) {
    take(taken == 1 ? 0 : i * (size - 1) / (taken - 1));
  }
}

void AddName(const std::string& name, std::vector<std::string>& urls) {
  constexpr std::size_t name_max = 253;
  const std::string below = "sekisho-probe." + name;
  urls.push_back("http://" + name + "/");
  if (below.size() <= name_max) urls.push_back("http://" + below + "/");
}

std::string HostOf(policy::IpFamily family, policy::Uint128 address) {
  const bool v4 = family == policy::IpFamily::v4;
  const auto prefix = policy::IpPrefix::From(family, address, v4 ? 32 : 128);
  const std::string text = prefix ? prefix->AddressString() : "";
  return v4 ? text : "[" + text + "]";
}

void AddPrefix(const policy::IpPrefix& prefix, std::vector<std::string>& urls) {
  urls.push_back("http://" + HostOf(prefix.family(), prefix.first()) + "/");
  if (!prefix.is_address()) {
    urls.push_back("http://" + HostOf(prefix.family(), prefix.last()) + "/");
  }
}

void Add(const policy::Indicator& indicator, std::vector<std::string>& urls) {
  if (const auto* domain = std::get_if<policy::Domain>(&indicator)) {
    AddName(domain->name(), urls);
  } else if (const auto* prefix = std::get_if<policy::IpPrefix>(&indicator)) {
    AddPrefix(*prefix, urls);
  } else if (const auto* url = std::get_if<policy::Url>(&indicator)) {
    urls.push_back(url->text());
  }
}

}  // namespace

Samples SamplesOf(const Contents& contents, std::size_t count) {
  Samples samples;
  Spread(contents.domains.size(), count,
         [&](std::size_t i) { AddName(contents.domains[i], samples.blocked); });
  Spread(contents.prefixes.size(), count,
         [&](std::size_t i) { AddPrefix(contents.prefixes[i], samples.blocked); });
  Spread(contents.urls.size(), count,
         [&](std::size_t i) { samples.blocked.push_back(contents.urls[i]); });
  return samples;
}

Samples SamplesOf(const Contents& contents, const policy::Delta& delta, std::size_t count) {
  Samples samples;
  Spread(delta.added.size(), count, [&](std::size_t i) {
    const auto indicator = policy::ParseLine(delta.added[i]);
    if (indicator && Covers(contents, *indicator)) Add(*indicator, samples.blocked);
  });
  Spread(delta.removed.size(), count, [&](std::size_t i) {
    const auto indicator = policy::ParseLine(delta.removed[i]);
    if (!indicator || Covers(contents, *indicator)) return;
    const auto* prefix = std::get_if<policy::IpPrefix>(&*indicator);
    if (prefix != nullptr && !prefix->is_address()) return;  // parts of it may be listed still
    std::vector<std::string> urls;
    Add(*indicator, urls);
    samples.let_through.push_back(urls.front());
  });
  return samples;
}

}  // namespace exporters::squid
