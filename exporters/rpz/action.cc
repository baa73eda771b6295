#include "exporters/rpz/action.h"

#include <fmt/format.h>

#include <algorithm>

namespace exporters::rpz {

std::string_view Name(ActionKind kind) {
  switch (kind) {
    case ActionKind::nxdomain: return "nxdomain";
    case ActionKind::nodata: return "nodata";
    case ActionKind::passthru: return "passthru";
    case ActionKind::drop: return "drop";
    case ActionKind::tcp_only: return "tcp-only";
    case ActionKind::garden: return "garden";
    case ActionKind::data: return "data";
  }
  return "";
}

std::vector<std::string> Action::Records() const {
  switch (kind) {
    case ActionKind::nxdomain: return {"CNAME ."};
    case ActionKind::nodata: return {"CNAME *."};
    case ActionKind::passthru: return {"CNAME rpz-passthru."};
    case ActionKind::drop: return {"CNAME rpz-drop."};
    case ActionKind::tcp_only: return {"CNAME rpz-tcp-only."};
    case ActionKind::garden: return {fmt::format("CNAME {}.", garden)};
    case ActionKind::data: break;
  }
  std::vector<std::string> records;
  for (const std::string& address : ipv4) records.push_back("A " + address);
  for (const std::string& address : ipv6) records.push_back("AAAA " + address);
  return records;
}

std::string Action::GardenOf(std::string_view name) const {
  return garden.starts_with('*') ? fmt::format("{}{}", name, garden.substr(1)) : garden;
}

bool Action::Shows(std::string_view name, const Response& response) const {
  const bool is_empty = response.rcode == rcode_no_error && response.answers == 0;
  switch (kind) {
    case ActionKind::nxdomain: return response.rcode == rcode_no_such_name;
    case ActionKind::nodata: return is_empty && !response.truncated;
    case ActionKind::passthru: return true;
    // Knot Resolver says that it failed rather than nothing.
    case ActionKind::drop: return response.rcode == rcode_server_failure;
    case ActionKind::tcp_only: return response.truncated && response.answers == 0;
    case ActionKind::garden: return response.alias == GardenOf(name);
    case ActionKind::data: break;
  }
  if (ipv4.empty()) return is_empty;
  std::vector<std::string> wanted = ipv4;
  std::vector<std::string> answered = response.ipv4;
  std::sort(wanted.begin(), wanted.end());
  std::sort(answered.begin(), answered.end());
  return answered == wanted;
}

std::string Action::Wanted() const {
  switch (kind) {
    case ActionKind::nxdomain: return "NXDOMAIN";
    case ActionKind::nodata: return "NOERROR without data";
    case ActionKind::passthru: return "what is so";
    case ActionKind::drop: return "no answer";
    case ActionKind::tcp_only: return "an answer by TCP only";
    case ActionKind::garden: return "an alias of " + garden;
    case ActionKind::data: return ipv4.empty() ? "no IPv4 address" : "the address " + ipv4.front();
  }
  return "";
}

}  // namespace exporters::rpz
