#include "exporters/rpz/resolver_software.h"

#include <algorithm>
#include <array>

namespace exporters::rpz {
namespace {

using Effect = Departure::Effect;

// Nothing stands for any.
struct Row {
  Software software;
  std::optional<Trigger> trigger;
  std::optional<ActionKind> action;
  Effect effect;
  std::string_view text;
};

constexpr std::string_view knot_triggers =
    "ignores rules on anything but the name that was asked for";
constexpr std::string_view unbound_crash =
    "ends with a segmentation fault on rules on name servers with `action: tcp-only`";
constexpr std::string_view unbound_garden =
    "answers without data where the garden's alias is wanted";
constexpr std::string_view unbound_data =
    "answers without data where a name server is below the listed name";

// The first row that fits counts.
constexpr std::array rows{
    Row{Software::knot, Trigger::answer_address, {}, Effect::ignored, knot_triggers},
    Row{Software::knot, Trigger::server_name, {}, Effect::ignored, knot_triggers},
    Row{Software::knot, Trigger::server_address, {}, Effect::ignored, knot_triggers},
    Row{Software::knot, Trigger::client_address, {}, Effect::ignored, knot_triggers},
    Row{Software::knot, {}, ActionKind::garden, Effect::ignored, "ignores `action: garden`"},
    Row{Software::knot,
        {},
        ActionKind::drop,
        Effect::otherwise,
        "answers SERVFAIL rather than nothing"},
    Row{Software::unbound, Trigger::server_name, ActionKind::tcp_only, Effect::crash,
        unbound_crash},
    Row{Software::unbound, Trigger::server_address, ActionKind::tcp_only, Effect::crash,
        unbound_crash},
    Row{Software::unbound, Trigger::server_name, ActionKind::data, Effect::otherwise, unbound_data},
    Row{Software::unbound, Trigger::server_name, ActionKind::garden, Effect::otherwise,
        unbound_garden},
    Row{Software::unbound, Trigger::server_address, ActionKind::garden, Effect::otherwise,
        unbound_garden},
    Row{Software::unbound, Trigger::client_address, ActionKind::garden, Effect::otherwise,
        unbound_garden},
};

constexpr std::string_view unbound_star =
    "answers with the garden's name as it stands, star and all, where a rule is on an address";

}  // namespace

std::string_view Name(Software software) {
  switch (software) {
    case Software::bind: return "BIND";
    case Software::unbound: return "Unbound";
    case Software::powerdns: return "PowerDNS Recursor";
    case Software::knot: return "Knot Resolver";
  }
  return "";
}

std::optional<Departure> DepartureOf(Software software, Trigger trigger, const Action& action) {
  const auto* row = std::find_if(rows.begin(), rows.end(), [&](const Row& each) {
    return each.software == software && each.trigger.value_or(trigger) == trigger &&
           each.action.value_or(action.kind) == action.kind;
  });
  if (row != rows.end()) return Departure{row->effect, std::string(row->text)};
  if (software == Software::unbound && trigger == Trigger::answer_address &&
      action.garden.starts_with('*')) {
    return Departure{Effect::otherwise, std::string(unbound_star)};
  }
  return std::nullopt;
}

}  // namespace exporters::rpz
