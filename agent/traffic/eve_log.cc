#include "agent/traffic/eve_log.h"

#include <array>

#include <nlohmann/json.hpp>

namespace agent::traffic {
namespace {

using Json = nlohmann::json;
using policy::IpPrefix;
using namespace std::string_view_literals;

const Json& At(const Json& json, const char* key) {
  static const Json nothing;
  if (!json.is_object()) return nothing;
  const auto found = json.find(key);
  return found == json.end() ? nothing : *found;
}

std::string TextAt(const Json& json, const char* key) {
  const Json& value = At(json, key);
  return value.is_string() ? value.get<std::string>() : std::string();
}

// Versions 1 and 2 have "rrname"; 3 has an array of queries, which real resolvers fill with one.
// Answers repeat what was asked.
std::string AskedName(const Json& dns) {
  const std::string type = TextAt(dns, "type");
  if (type != "query" && type != "request") return {};
  const Json& queries = At(dns, "queries");
  if (queries.is_array() && !queries.empty()) return TextAt(queries.front(), "rrname");
  return TextAt(dns, "rrname");
}

void TakeName(const std::string& text, Request& request) {
  if (auto name = policy::Domain::Parse(text)) request.name = *std::move(name);
}

void TakeEvent(const Json& event, const IpPrefix& server, const feeds::HomeNet& home,
               Request& request) {
  const std::string type = TextAt(event, "event_type");
  if (type == "dns") TakeName(AskedName(At(event, "dns")), request);
  if (type == "tls") TakeName(TextAt(At(event, "tls"), "sni"), request);
  if (type == "flow" && !home.Holds(server)) request.address = server;
  if (type != "http") return;
  const Json& http = At(event, "http");
  const Json& port = At(event, "dest_port");
  const std::string host = TextAt(http, "hostname");
  if (host.empty()) return;
  TakeHttp(host, TextAt(http, "url"), port.is_number_unsigned() ? port.dump() : "", request);
}

// Most events are of no interest here, and long.
bool IsOfInterest(std::string_view line) {
  constexpr std::array types{R"("event_type":"dns")"sv, R"("event_type":"tls")"sv,
                             R"("event_type":"http")"sv, R"("event_type":"flow")"sv};
  for (const std::string_view type : types) {
    if (line.find(type) != line.npos) return true;
  }
  return false;
}

}  // namespace

LineResult ReadEveLog(std::string_view line, const feeds::HomeNet& home) {
  if (!line.starts_with('{')) return tl::unexpected("no JSON object"sv);
  if (!IsOfInterest(line)) return std::nullopt;
  const Json event = Json::parse(line, nullptr, false);
  if (!event.is_object()) return tl::unexpected("no JSON object"sv);
  const auto at = feeds::ParseEveTime(TextAt(event, "timestamp"));
  if (!at) return tl::unexpected("no time"sv);
  const auto client = IpPrefix::Parse(TextAt(event, "src_ip"));
  const auto server = IpPrefix::Parse(TextAt(event, "dest_ip"));
  if (!client || !client->is_address() || !server || !server->is_address()) {
    return tl::unexpected("no address of a client"sv);
  }
  if (!home.Holds(*client)) return std::nullopt;
  Request request{.at = *at, .client = client->AddressString()};
  TakeEvent(event, *server, home, request);
  if (!request.name && !request.address) return std::nullopt;
  return request;
}

}  // namespace agent::traffic
