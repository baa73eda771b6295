#pragma once

#include "agent/people/people.h"
#include "sekisho/v1/people.pb.h"

namespace agent::api {

// A session as the page sees it, with what its role may call.
sekisho::v1::Session SessionMessage(const people::SessionView& view);

}  // namespace agent::api
