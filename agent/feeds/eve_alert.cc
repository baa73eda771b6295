#include "agent/feeds/eve_alert.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <utility>

#include <nlohmann/json.hpp>

#include "policy/url.h"

namespace agent::feeds {
namespace {

using Json = nlohmann::json;
using policy::Indicator;
using policy::IpPrefix;
using namespace std::string_literals;
using namespace std::string_view_literals;

constexpr std::size_t kSignatureSizeMax = 200;

std::vector<IpPrefix> Prefixes(std::initializer_list<std::string_view> texts) {
  std::vector<IpPrefix> prefixes;
  for (const std::string_view text : texts) prefixes.push_back(IpPrefix::Parse(text).value());
  return prefixes;
}

// Addresses that nobody out there has: "this host", loopback, link-local, multicast, reserved.
bool IsNobodys(const IpPrefix& address) {
  static const HomeNet nobodys(Prefixes({"0.0.0.0/8", "127.0.0.0/8", "169.254.0.0/16",
                                         "224.0.0.0/3", "::/127", "fe80::/10", "ff00::/8"}));
  return nobodys.Holds(address);
}

const Json* Find(const Json& object, const char* key) {
  if (!object.is_object()) return nullptr;
  const auto found = object.find(key);
  return found == object.end() ? nullptr : &*found;
}

std::string TextAt(const Json& object, const char* key) {
  const Json* const value = Find(object, key);
  return value != nullptr && value->is_string() ? value->get<std::string>() : std::string();
}

std::optional<std::uint64_t> NumberAt(const Json& object, const char* key) {
  const Json* const value = Find(object, key);
  if (value == nullptr || !value->is_number_unsigned()) return std::nullopt;
  return value->get<std::uint64_t>();
}

std::string SignatureOf(const Json& alert) {
  const auto id = NumberAt(alert, "signature_id");
  std::string text = (id ? std::to_string(*id) : "?"s) + " " + TextAt(alert, "signature");
  if (text.size() <= kSignatureSizeMax) return text;
  // Not within a character.
  std::size_t size = kSignatureSizeMax;
  while (size > 0 && (static_cast<unsigned char>(text[size]) & 0xc0U) == 0x80U) --size;
  text.resize(size);
  return text;
}

// Whether src_ip opened the connection. Newer versions say so; older ones leave it to the ports, of
// which the higher one is the client's.
bool IsSourceTheClient(const Json& event) {
  if (const Json* const flow = Find(event, "flow"); flow != nullptr) {
    if (const std::string opener = TextAt(*flow, "src_ip"); !opener.empty()) {
      return opener == TextAt(event, "src_ip");
    }
  }
  const std::string direction = TextAt(event, "direction");
  if (!direction.empty()) return direction != "to_client";
  return NumberAt(event, "src_port").value_or(0) >= NumberAt(event, "dest_port").value_or(0);
}

class Names {
 public:
  Names(const HomeNet& home, std::vector<Indicator>& into) : home_(home), into_(into) {}

  void AddAll(const Json& event) {
    if (const Json* const dns = Find(event, "dns"); dns != nullptr) AddDns(*dns);
    if (const Json* const tls = Find(event, "tls"); tls != nullptr) AddHost(TextAt(*tls, "sni"));
    if (const Json* const http = Find(event, "http"); http != nullptr) AddHttp(*http);
  }

  bool has_dns() const { return has_dns_; }

 private:
  // Versions 1 to 3 of the format: "rrname", or an array "query" or "queries" of objects with it.
  void AddDns(const Json& dns) {
    AddDnsName(TextAt(dns, "rrname"));
    for (const char* const key : {"query", "queries"}) {
      const Json* const queries = Find(dns, key);
      if (queries == nullptr || !queries->is_array()) continue;
      for (const Json& query : *queries) AddDnsName(TextAt(query, "rrname"));
    }
  }

  void AddDnsName(const std::string& name) {
    if (name.empty()) return;
    has_dns_ = true;
    AddHost(name);
  }

  void AddHttp(const Json& http) {
    const std::string host = TextAt(http, "hostname");
    if (host.empty() || !AddHost(host)) return;
    std::string url = TextAt(http, "url");
    if (url.starts_with('/')) {
      const auto port = NumberAt(http, "http_port");
      url.insert(0, "http://" + host + (port ? ":" + std::to_string(*port) : ""s));
    }
    // To a proxy the whole URL is said; "*" and "host:443" are no pages.
    if (const auto parsed = policy::Url::Parse(url)) into_.emplace_back(*parsed);
  }

  // False if the host is ours, or none.
  bool AddHost(const std::string& text) {
    if (const auto address = IpPrefix::Parse(text)) {
      if (!address->is_address() || home_.Holds(*address) || IsNobodys(*address)) return false;
      into_.emplace_back(*address);
      return true;
    }
    const auto domain = policy::Domain::Parse(text);
    // A single label is of the local network, or rubbish that a scanner sent.
    if (!domain || domain->name().find('.') == std::string::npos) return false;
    into_.emplace_back(*domain);
    return true;
  }

  const HomeNet& home_;
  std::vector<Indicator>& into_;
  bool has_dns_ = false;
};

void AddIndicators(const Json& event, const IpPrefix& source, const IpPrefix& destination,
                   const HomeNet& home, EveAlert& alert) {
  const bool is_source_ours = home.Holds(source);
  const bool is_destination_ours = home.Holds(destination);
  if (!is_source_ours && !is_destination_ours) return;
  const bool is_source_client = IsSourceTheClient(event);
  const bool is_client_ours = is_source_client ? is_source_ours : is_destination_ours;
  const bool tell_source = is_source_ours && (!is_destination_ours || is_source_client);
  alert.client = (tell_source ? source : destination).AddressString();
  Names names(home, alert.indicators);
  if (is_client_ours) names.AddAll(event);
  const IpPrefix& other = is_source_ours ? destination : source;
  const bool is_other_outside = !home.Holds(other) && !IsNobodys(other);
  if (is_other_outside && !names.has_dns()) alert.indicators.emplace_back(other);
  std::sort(alert.indicators.begin(), alert.indicators.end());
  alert.indicators.erase(std::unique(alert.indicators.begin(), alert.indicators.end()),
                         alert.indicators.end());
}

}  // namespace

// RFC 3339 but for the colon of the offset.
policy::Result<policy::TimePoint> ParseEveTime(std::string text) {
  constexpr std::size_t offset_size = 5;
  if (text.size() > offset_size) {
    const std::size_t sign = text.size() - offset_size;
    if (text[sign] == '+' || text[sign] == '-') text.insert(sign + 3, ":");
  }
  return policy::ParseTime(text);
}

HomeNet::HomeNet()
    : prefixes_(Prefixes({"10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "fc00::/7"})) {}

bool HomeNet::Holds(const IpPrefix& address) const {
  return std::any_of(prefixes_.begin(), prefixes_.end(),
                     [&](const IpPrefix& prefix) { return prefix.Contains(address); });
}

tl::expected<std::optional<EveAlert>, std::string_view> ReadEveEvent(std::string_view json,
                                                                     const HomeNet& home) {
  if (!json.starts_with('{')) return tl::unexpected("no JSON object"sv);
  // Most events are flows and statistics, and long: they are not worth reading.
  if (json.find(R"("alert")") == std::string_view::npos) return std::nullopt;
  const Json event = Json::parse(json, nullptr, false);
  if (!event.is_object()) return tl::unexpected("no JSON object"sv);
  const Json* const detail = Find(event, "alert");
  if (TextAt(event, "event_type") != "alert") return std::nullopt;
  if (detail == nullptr) return tl::unexpected("alert without \"alert\""sv);
  const auto at = ParseEveTime(TextAt(event, "timestamp"));
  if (!at) return tl::unexpected("timestamp"sv);
  const auto source = IpPrefix::Parse(TextAt(event, "src_ip"));
  const auto destination = IpPrefix::Parse(TextAt(event, "dest_ip"));
  if (!source || !source->is_address()) return tl::unexpected("src_ip"sv);
  if (!destination || !destination->is_address()) return tl::unexpected("dest_ip"sv);
  EveAlert alert{.at = *at, .indicators = {}, .signature = SignatureOf(*detail), .client = {}};
  AddIndicators(event, *source, *destination, home, alert);
  return alert;
}

}  // namespace agent::feeds
