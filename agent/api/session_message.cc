#include "agent/api/session_message.h"

#include <string>

#include "agent/api/access.h"
#include "proto/convert.h"

namespace agent::api {

sekisho::v1::Session SessionMessage(const people::SessionView& view) {
  sekisho::v1::Session message;
  message.set_name(view.person.name);
  message.set_role(std::string(Name(view.person.role)));
  *message.mutable_expires() = proto::ToTimestamp(view.expires);
  if (view.stepped_up_until) {
    *message.mutable_stepped_up_until() = proto::ToTimestamp(*view.stepped_up_until);
  }
  for (const Access& access : AccessTable()) {
    if (access.roles.Has(view.person.role)) message.add_methods(std::string(access.method));
  }
  message.set_has_one_time_code(view.has_one_time_code);
  return message;
}

}  // namespace agent::api
