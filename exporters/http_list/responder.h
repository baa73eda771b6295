#pragma once

#include <chrono>
#include <optional>
#include <string>

#include "exporters/http_list/access.h"
#include "exporters/http_list/published.h"
#include "platform/http_server.h"

namespace exporters::http_list {

// What answers a request for lists. Pure; `published` is null while there is no list yet.
//
// Firewalls keep their last copy when a server is down, but some drop it on 401 (PAN-OS 8.0 to
// 11.1), and most take an empty body for an empty list. So 401 is for a wrong or missing token
// only, trouble of our own is 503 with Retry-After, and there is no empty 200.

// The answer to whoever may not have a list, or not yet; nothing for all others.
std::optional<platform::HttpServerResponse> Refusal(const platform::HttpServerRequest& request,
                                                    const Published* published,
                                                    const Access& access,
                                                    std::chrono::seconds retry_after);

// 503, for what will be better soon.
platform::HttpServerResponse NotNow(std::string reason, std::chrono::seconds retry_after);

// `resource`, or what of it the client does not have yet.
platform::HttpServerResponse Serve(const platform::HttpServerRequest& request,
                                   const Resource& resource, const Published& published,
                                   const Access& access);

// All of this, for what was published.
platform::HttpServerResponse Respond(const platform::HttpServerRequest& request,
                                     const Published* published, const Access& access,
                                     std::chrono::seconds retry_after);

}  // namespace exporters::http_list
