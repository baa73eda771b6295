#include "agent/api/presence.h"

#include <utility>

#include "proto/convert.h"

namespace agent::api {

void Presence::Note(Place place) {
  const std::lock_guard lock(mutex_);
  Forget(place.at);
  std::string name = place.name;
  places_.insert_or_assign(std::move(name), std::move(place));
}

std::vector<Presence::Place> Presence::All(policy::TimePoint now) {
  const std::lock_guard lock(mutex_);
  Forget(now);
  std::vector<Place> all;
  for (const auto& [name, place] : places_) all.push_back(place);
  return all;
}

void Presence::Forget(policy::TimePoint now) {
  std::erase_if(places_,
                [&](const auto& each) { return now - each.second.at > presence_lifetime; });
}

sekisho::v1::Presence ToMessage(const Presence::Place& place) {
  sekisho::v1::Presence message;
  message.set_name(place.name);
  message.set_filter(place.filter);
  message.set_id(place.proposal_id);
  *message.mutable_at() = proto::ToTimestamp(place.at);
  return message;
}

}  // namespace agent::api
