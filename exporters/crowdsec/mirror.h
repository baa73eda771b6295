#pragma once

#include <string>
#include <vector>

#include <absl/container/btree_set.h>

#include "platform/http_client.h"
#include "policy/ip_prefix.h"
#include "policy/result.h"

namespace exporters::crowdsec {

// A bouncer of our own, which enforces nothing: it pulls as they do, and holds what they then
// should.
class Mirror {
 public:
  Mirror(std::string url, std::string key) : url_(std::move(url)), key_(std::move(key)) {}

  // Everything anew with `startup`, else what changed since the last pull.
  policy::Result<void> Pull(bool startup);

  bool HoldsExactly(const std::vector<policy::IpPrefix>& values) const;
  std::size_t size() const { return held_.size(); }

 private:
  std::string url_;
  std::string key_;
  platform::CurlHttpClient client_{"sekisho-exporter"};
  absl::btree_set<policy::IpPrefix> held_;
};

}  // namespace exporters::crowdsec
