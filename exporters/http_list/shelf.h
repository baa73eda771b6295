#pragma once

#include <chrono>
#include <memory>
#include <vector>

#include "exporters/http_list/access.h"
#include "exporters/http_list/feeds.h"
#include "exporters/http_list/published.h"
#include "exporters/http_list/variants.h"
#include "platform/http_server.h"

namespace exporters::http_list {

// Answers requests with what is published:
//
//   /lists/PATH           each file
//   /objects/sha256/HEX   the same, by its content
//   /feeds/PATH?...       a list as MineMeld's parameters want it; PATH may lack its ".txt"
//
// Thread-safe.
class Shelf {
 public:
  Shelf(std::vector<Variant> lists, Access access, std::chrono::seconds retry_after);

  void Put(std::shared_ptr<const Published> published);  // null for none
  void Respond(const platform::HttpServerRequest& request,
               const platform::HttpServer::Respond& respond);

 private:
  struct Terms {
    Access access;
    std::chrono::seconds retry_after;
  };

  const Variant* FindFeed(std::string_view path) const;
  void RespondWithFeed(const platform::HttpServerRequest& request,
                       const platform::HttpServer::Respond& respond, const Variant& variant);

  const std::vector<Variant> lists_;
  const std::shared_ptr<const Terms> terms_;    // answers that come later outlive the shelf
  std::shared_ptr<const Published> published_;  // std::atomic_load and _store
  Feeds feeds_;
};

}  // namespace exporters::http_list
