#pragma once

#include <chrono>

#include "exporters/http_list/access.h"
#include "exporters/http_list/published.h"
#include "platform/http_server.h"

namespace exporters::http_list {

// Answers a request for a list. Pure; `published` is null while there is no list yet.
//
// Firewalls keep their last copy when a server is down, but some drop it on 401 (PAN-OS 8.0 to
// 11.1), and most take an empty body for an empty list. So 401 is for a wrong or missing token
// only, trouble of our own is 503 with Retry-After, and there is no empty 200.
platform::HttpServerResponse Respond(const platform::HttpServerRequest& request,
                                     const Published* published, const Access& access,
                                     std::chrono::seconds retry_after);

}  // namespace exporters::http_list
