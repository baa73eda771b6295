#include "exporters/nginx/files.h"

#include <string>

#include "exporters/marker.h"

namespace exporters::nginx {

Result<Artifact> FilesOf(const policy::ListSnapshot& list) {
  const auto blocks = policy::BlockSetOf(list);
  if (!blocks) return tl::unexpected(blocks.error());
  Artifact artifact;
  artifact.not_enforceable = blocks->urls.size();
  // A leading dot stands for the name and all below it.
  std::string names = "." + MarkerOf(list.digest()) + " 1;\n";
  for (const policy::Domain& domain : blocks->domains) {
    if (domain.name().ends_with(kMarkerDomain)) {
      ++artifact.not_enforceable;
      continue;
    }
    names.append(".").append(domain.name()).append(" 1;\n");
    ++artifact.enforced;
  }
  std::string addresses;
  for (const policy::IpPrefix& prefix : blocks->prefixes) {
    addresses.append(prefix.ToString()).append(" 1;\n");
    ++artifact.enforced;
  }
  artifact.files = {{kNamesFile, std::move(names)}, {kAddressesFile, std::move(addresses)}};
  return artifact;
}

}  // namespace exporters::nginx
