#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "exporters/rpz/message.h"

namespace exporters::rpz {

// What a resolver does with that which a zone triggers on.
enum class ActionKind : std::uint8_t {
  nxdomain,  // there is no such name
  nodata,    // there is, but without data
  passthru,  // answered as it is, and no later zone is asked
  drop,      // no answer at all
  tcp_only,  // over UDP: come back by TCP
  garden,    // an alias of a name of ours
  data,      // addresses of ours
};
std::string_view Name(ActionKind kind);  // as in settings: "tcp-only"

struct Action {
  ActionKind kind = ActionKind::nxdomain;
  // Of a garden: a name, or "*.NAME", where the name that was asked for goes in place of the star.
  std::string garden{};
  std::vector<std::string> ipv4{};  // of data, canonical
  std::vector<std::string> ipv6{};

  // What stands at each owner in the zone, as in a master file: "CNAME .", "A 192.0.2.80".
  std::vector<std::string> Records() const;

  // The name that `name` becomes in the garden.
  std::string GardenOf(std::string_view name) const;

  // Whether a resolver that was asked for the address (A) of `name` answered as the action wants.
  // A passthru can't be told from an answer without any zone, so nothing contradicts it.
  bool Shows(std::string_view name, const Response& response) const;
  // Whether no answer at all is one as the action wants.
  bool IsSilent() const { return kind == ActionKind::drop; }

  // What Shows looks for, for people: "NXDOMAIN", "an alias of block.example".
  std::string Wanted() const;
};

}  // namespace exporters::rpz
