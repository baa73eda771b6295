#include "exporters/squid/render.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>
#include <vector>

#include "policy/digest.h"

namespace exporters::squid {
namespace {

std::string Marker(std::string_view what, std::string_view bytes) {
  return fmt::format("{}.{}.{}", policy::ToHex(policy::Sha256Of(bytes)).substr(0, 40), what,
                     kMarkerDomain);
}

std::string Names(const Contents& contents) {
  std::string out;
  for (const std::string& name : contents.domains) out.append(1, '.').append(name).append(1, '\n');
  return out;
}

std::string Addresses(const Contents& contents) {
  std::string out;
  for (const policy::IpPrefix& prefix : contents.prefixes) out.append(prefix.ToString()) += '\n';
  return out;
}

struct RequestLines {
  std::string text;
  std::string marker;
};

// In the order of the helper's binary search: bytewise.
RequestLines Requests(const Contents& contents, bool with_names) {
  std::vector<std::string> lines;
  if (with_names) {
    for (const std::string& name : contents.domains) lines.push_back("domain " + name);
  }
  for (const std::string& url : contents.urls) lines.push_back("url " + url);
  RequestLines requests;
  requests.marker = Marker("requests", fmt::format("{}", fmt::join(lines, "\n")));
  lines.push_back("domain " + requests.marker);
  std::sort(lines.begin(), lines.end());
  for (const std::string& line : lines) requests.text.append(line) += '\n';
  return requests;
}

}  // namespace

std::string Fragment(const Settings& settings, const std::filesystem::path& folder) {
  return fmt::format(
      "# Written by sekisho-exporter; changes made here are lost. Include it in squid.conf above\n"
      "# the first http_access line:  include {3}/current/{5}\n"
      "acl sekisho_names dstdomain -n \"{0}/{6}\"\n"
      "acl sekisho_addresses dst \"{0}/{7}\"\n"
      // Probes of these names shall not wait for the proxy's resolver, as `dst` would.
      "acl sekisho_probes dstdomain -n .{8}\n"
      "external_acl_type sekisho_requests ttl=0 negative_ttl=0 cache=0 concurrency=1000"
      " children-max=4 children-startup=1 children-idle=1 queue-size=20000"
      " %'>ru {1} {0}/{4}\n"
      "acl sekisho_requests external sekisho_requests\n"
      "deny_info {2} sekisho_names\n"
      "deny_info {2} sekisho_requests\n"
      "deny_info {2} sekisho_addresses\n"
      "http_access deny sekisho_names\n"
      "http_access deny sekisho_requests\n"
      "http_access deny !sekisho_probes sekisho_addresses\n",
      folder.native(), settings.helper.native(), settings.error_page, settings.directory.native(),
      kRequestsFile, kFragmentFile, kNamesFile, kAddressesFile, kMarkerDomain);
}

Rendered Render(const Contents& contents, const Settings& settings) {
  const bool names_in_squid = settings.names_in == NamesIn::squid;
  const std::string names = names_in_squid ? Names(contents) : std::string();
  const std::string addresses = Addresses(contents);
  const std::string fragment = Fragment(settings, settings.directory / "current");
  Rendered rendered;
  rendered.acl_marker = Marker("acl", fragment + '\0' + names + '\0' + addresses);
  RequestLines requests = Requests(contents, !names_in_squid);
  rendered.requests_marker = std::move(requests.marker);
  rendered.artifact.files = {{kNamesFile, rendered.acl_marker + '\n' + names},
                             {kAddressesFile, addresses},
                             {kRequestsFile, std::move(requests.text)},
                             {kFragmentFile, fragment}};
  rendered.artifact.enforced = contents.size();
  rendered.artifact.not_enforceable = contents.not_enforceable;
  return rendered;
}

}  // namespace exporters::squid
