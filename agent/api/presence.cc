#include "agent/api/presence.h"

#include <utility>

namespace agent::api {

std::vector<Presence::Place> Presence::Note(Place place) {
  const std::lock_guard lock(mutex_);
  const auto now = place.at;
  std::erase_if(places_,
                [&](const auto& each) { return now - each.second.at > presence_lifetime; });
  std::vector<Place> others;
  for (const auto& [name, other] : places_) {
    if (name != place.name) others.push_back(other);
  }
  std::string name = place.name;
  places_.insert_or_assign(std::move(name), std::move(place));
  return others;
}

}  // namespace agent::api
