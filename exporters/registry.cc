#include "exporters/registry.h"

#include <algorithm>
#include <array>

#include "exporters/crowdsec/crowdsec_exporter.h"
#include "exporters/haproxy/haproxy_exporter.h"
#include "exporters/http_list/http_list_exporter.h"
#include "exporters/ipset/ipset_exporter.h"
#include "exporters/nftables/nftables_exporter.h"
#include "exporters/nginx/nginx_exporter.h"
#include "exporters/rpz/rpz_exporter.h"
#include "exporters/rpz/rpz_file_exporter.h"
#include "exporters/squid/squid_exporter.h"

namespace exporters {
namespace {

constexpr std::array rows{
    Row{"crowdsec", &MakeCrowdsec}, Row{"haproxy", &MakeHaproxy},   Row{"http_list", &MakeHttpList},
    Row{"ipset", &MakeIpset},       Row{"nftables", &MakeNftables}, Row{"nginx", &MakeNginx},
    Row{"rpz", &MakeRpz},           Row{"rpz_file", &MakeRpzFile},  Row{"squid", &MakeSquid},
};

}  // namespace

std::span<const Row> Registry() {
  return rows;
}

const Row* FindRow(std::string_view name) {
  const auto* row =
      std::find_if(rows.begin(), rows.end(), [name](const Row& one) { return one.name == name; });
  return row == rows.end() ? nullptr : row;
}

}  // namespace exporters
