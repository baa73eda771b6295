#pragma once

#include <string>

#include "exporters/exporter.h"
#include "exporters/squid/contents.h"
#include "exporters/squid/settings.h"
#include "policy/release.h"

namespace exporters::squid {

inline constexpr const char* kNamesFile = "names.acl";          // dstdomain
inline constexpr const char* kAddressesFile = "addresses.acl";  // dst
inline constexpr const char* kRequestsFile = "requests.list";   // read by sekisho-squid-acl
inline constexpr const char* kFragmentFile = "sekisho.conf";    // what squid.conf includes

struct Rendered {
  Artifact artifact;
  // What Squid and the helper have in memory blocks one more name, made of the digest of that
  // content. Whether the proxy denies it tells which content it enforces, whatever is on disk.
  std::string acl_marker;       // blocked by what is read when Squid is (re)configured
  std::string requests_marker;  // blocked by what the helper has mapped
};

// Pure; `contents` is of `list`. Squid 5 ends itself on ".example" listed after "a.example" and on
// "example" with
// ".example"; `contents` is minimised and holds parents first, and only the dotted form is written.
Rendered Render(const policy::ListSnapshot& list, const Contents& contents,
                const Settings& settings);

// The fragment with `folder` in place of the `current` one: for the scratch configuration.
std::string Fragment(const Settings& settings, const std::filesystem::path& folder);

}  // namespace exporters::squid
