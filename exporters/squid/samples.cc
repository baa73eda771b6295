#include "exporters/squid/samples.h"

#include <algorithm>
#include <string_view>

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

// The index of the first line that does not stand before `start`.
std::size_t LowerBound(const policy::ListSnapshot& list, std::string_view start) {
  std::size_t low = 0;
  for (std::size_t high = list.size(); low < high;) {
    const std::size_t middle = low + (high - low) / 2;
    if (list.line(middle) < start) {
      low = middle + 1;
    } else {
      high = middle;
    }
  }
  return low;
}

// Takes some of the lines from `begin` up to `end`.
void AddLines(const policy::ListSnapshot& list, std::string_view begin, std::string_view end,
              const Settings& settings, std::vector<std::string>& urls) {
  const std::size_t first = LowerBound(list, begin);
  Spread(LowerBound(list, end) - first, settings.samples, [&](std::size_t i) {
    const auto indicator = policy::ParseLine(list.line(first + i));
    if (indicator && IsEnforceable(*indicator, settings.tls_inspection)) Add(*indicator, urls);
  });
}

}  // namespace

Samples SamplesOf(const policy::ListSnapshot& list, const Contents& contents,
                  const Settings& settings) {
  Samples samples;
  // "!" follows " ", as ";" does ":".
  AddLines(list, "domain ", "domain!", settings, samples.blocked);
  Spread(contents.prefixes.size(), settings.samples,
         [&](std::size_t i) { AddPrefix(contents.prefixes[i], samples.blocked); });
  AddLines(list, "url http:", "url http;", settings, samples.blocked);
  AddLines(list, "url https:", "url https;", settings, samples.blocked);
  return samples;
}

Samples SamplesOf(const policy::ListSnapshot& list, const Contents& contents,
                  const policy::Delta& delta, const Settings& settings) {
  Samples samples;
  const auto is_probed = [&](const policy::Result<policy::Indicator>& indicator) {
    return indicator && IsEnforceable(*indicator, settings.tls_inspection);
  };
  Spread(delta.added.size(), settings.samples, [&](std::size_t i) {
    const auto indicator = policy::ParseLine(delta.added[i]);
    if (is_probed(indicator)) Add(*indicator, samples.blocked);
  });
  Spread(delta.removed.size(), settings.samples, [&](std::size_t i) {
    const auto indicator = policy::ParseLine(delta.removed[i]);
    if (!is_probed(indicator) || Covers(list, contents, *indicator)) return;
    const auto* prefix = std::get_if<policy::IpPrefix>(&*indicator);
    if (prefix != nullptr && !prefix->is_address()) return;  // parts of it may be listed still
    std::vector<std::string> urls;
    Add(*indicator, urls);
    samples.let_through.push_back(urls.front());
  });
  return samples;
}

}  // namespace exporters::squid
