#include "exporters/squid/render.h"

#include <fmt/format.h>

#include <string_view>

#include "exporters/squid/request_list.h"
#include "policy/digest.h"

namespace exporters::squid {
namespace {

std::string Marker(std::string_view bytes) {
  return fmt::format("{}.acl.{}", policy::ToHex(policy::Sha256Of(bytes)).substr(0, 40),
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
      // Squid denies what a full queue has no room for. It can't hold more requests than Squid has
      // file descriptors, so that this one is never full.
      " children-max=4 children-startup=1 children-idle=1 queue-size=1000000"
      " %'>ru {1}{9} {0}/{4}\n"
      "acl sekisho_requests external sekisho_requests\n"
      "deny_info {2} sekisho_names\n"
      "deny_info {2} sekisho_requests\n"
      "deny_info {2} sekisho_addresses\n"
      "http_access deny sekisho_names\n"
      "http_access deny sekisho_requests\n"
      "http_access deny !sekisho_probes sekisho_addresses\n",
      folder.native(), settings.helper.native(), settings.error_page, settings.directory.native(),
      kRequestsFile, kFragmentFile, kNamesFile, kAddressesFile, kMarkerDomain,
      settings.without_list == WithoutList::block ? " --block-without-list" : "");
}

Rendered Render(const policy::ListSnapshot& list, const Contents& contents,
                const Settings& settings) {
  const std::string names = Names(contents);
  const std::string addresses = Addresses(contents);
  const std::string fragment = Fragment(settings, settings.directory / "current");
  Rendered rendered;
  rendered.acl_marker = Marker(fragment + '\0' + names + '\0' + addresses);
  rendered.requests_marker = RequestList::MarkerOf(list.digest());
  rendered.artifact.files = {{kNamesFile, rendered.acl_marker + '\n' + names},
                             {kAddressesFile, addresses},
                             {kRequestsFile, RequestList::Write(list)},
                             {kFragmentFile, fragment}};
  rendered.artifact.enforced = contents.enforced;
  rendered.artifact.not_enforceable = contents.not_enforceable;
  return rendered;
}

}  // namespace exporters::squid
