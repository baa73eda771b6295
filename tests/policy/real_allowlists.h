#pragma once

#include <filesystem>
#include <string>
#include <utility>
#include <vector>

#include "policy/allowlist.h"
#include "policy/allowlist_format.h"
#include "tests/policy/real_data.h"

// The real warninglists as an operator would configure them: category and effect of each.
struct RealList {
  const char* folder;
  policy::AllowCategory category;
  policy::AllowEffect effect;
};

inline const std::vector<RealList>& RealLists() {
  using Category = policy::AllowCategory;
  using Effect = policy::AllowEffect;
  static const std::vector<RealList> lists = {
      {"alexa", Category::popular, Effect::url_only},
      {"cisco_top20k", Category::popular, Effect::url_only},
      {"cloudflare-top100k", Category::popular, Effect::url_only},
      {"majestic_million", Category::popular, Effect::url_only},
      {"moz-top500", Category::popular, Effect::url_only},
      {"tranco10k", Category::popular, Effect::url_only},
      {"akamai", Category::cdn, Effect::url_only},
      {"bunny-net", Category::cdn, Effect::url_only},
      {"cloudflare", Category::cdn, Effect::url_only},
      {"fastly", Category::cdn, Effect::url_only},
      {"stackpath", Category::cdn, Effect::url_only},
      {"amazon-aws", Category::hosting, Effect::url_only},
      {"github", Category::hosting, Effect::url_only},
      {"google-gcp", Category::hosting, Effect::url_only},
      {"link-in-bio", Category::hosting, Effect::url_only},
      {"lots-project", Category::hosting, Effect::url_only},
      {"microsoft-azure", Category::hosting, Effect::url_only},
      {"microsoft-azure-china", Category::hosting, Effect::url_only},
      {"microsoft-azure-germany", Category::hosting, Effect::url_only},
      {"microsoft-azure-us-gov", Category::hosting, Effect::url_only},
      {"oracle-oci", Category::hosting, Effect::url_only},
      {"ovh-cluster", Category::hosting, Effect::url_only},
      {"parking-domain", Category::hosting, Effect::url_only},
      {"public-ipfs-gateways", Category::hosting, Effect::url_only},
      {"url-shortener", Category::hosting, Effect::url_only},
      {"icloud-private-relay", Category::proxy, Effect::url_only},
      {"vpn-ipv4", Category::proxy, Effect::review},
      {"vpn-ipv6", Category::proxy, Effect::review},
      {"zscaler", Category::proxy, Effect::url_only},
      {"apple", Category::legitimate_service, Effect::url_only},
      {"bank-website", Category::legitimate_service, Effect::url_only},
      {"captive-portals", Category::legitimate_service, Effect::url_only},
      {"crl-hostname", Category::legitimate_service, Effect::url_only},
      {"crl-ip", Category::legitimate_service, Effect::url_only},
      {"google", Category::legitimate_service, Effect::url_only},
      {"google-gmail-sending-ips", Category::legitimate_service, Effect::url_only},
      {"googlebot", Category::legitimate_service, Effect::url_only},
      {"microsoft", Category::legitimate_service, Effect::url_only},
      {"microsoft-office365", Category::legitimate_service, Effect::url_only},
      {"microsoft-office365-cn", Category::legitimate_service, Effect::url_only},
      {"microsoft-office365-ip", Category::legitimate_service, Effect::url_only},
      {"microsoft-win10-connection-endpoints", Category::legitimate_service, Effect::url_only},
      {"public-dns-hostname", Category::legitimate_service, Effect::review},
      {"public-dns-v4", Category::legitimate_service, Effect::review},
      {"public-dns-v6", Category::legitimate_service, Effect::review},
      {"security-provider-blogpost", Category::legitimate_service, Effect::url_only},
      {"shadowserver", Category::legitimate_service, Effect::url_only},
      {"sinkholes", Category::legitimate_service, Effect::review},
      {"telegram-ips", Category::legitimate_service, Effect::url_only},
      {"umbrella-blockpage-hostname", Category::legitimate_service, Effect::url_only},
      {"umbrella-blockpage-v4", Category::legitimate_service, Effect::url_only},
      {"umbrella-blockpage-v6", Category::legitimate_service, Effect::url_only},
      {"university_domains", Category::legitimate_service, Effect::url_only},
      {"whats-my-ip", Category::legitimate_service, Effect::url_only},
      {"wikimedia", Category::legitimate_service, Effect::url_only},
      {"ipv6-linklocal", Category::special_purpose, Effect::never},
      {"multicast", Category::special_purpose, Effect::never},
      {"rfc1918", Category::special_purpose, Effect::never},
      {"rfc3849", Category::special_purpose, Effect::never},
      {"rfc5735", Category::special_purpose, Effect::never},
      {"rfc6598", Category::special_purpose, Effect::never},
      {"rfc6761", Category::special_purpose, Effect::never},
      {"dynamic-dns", Category::public_suffix, Effect::url_only},
      {"second-level-tlds", Category::public_suffix, Effect::url_only},
      {"tlds", Category::public_suffix, Effect::url_only},
  };
  return lists;
}

inline std::filesystem::path RealListPath(const std::string& folder) {
  return RealDataPath("warninglists/" + folder + "/list.json");
}

inline policy::Allowlist CompileRealLists(const policy::PublicSuffixList& suffixes) {
  policy::Allowlist::Builder builder(suffixes);
  for (const RealList& list : RealLists()) {
    const auto parsed = policy::ParseMispWarninglist(ReadWholeFile(RealListPath(list.folder)));
    if (parsed) builder.Add({list.folder, list.category, list.effect}, parsed->entries);
  }
  return std::move(builder).Build();
}
