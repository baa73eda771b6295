#include "exporters/http_list/shelf.h"

#include <algorithm>
#include <atomic>
#include <string_view>
#include <utility>

#include "exporters/http_list/feed_query.h"
#include "exporters/http_list/responder.h"

namespace exporters::http_list {

using platform::HttpServer;
using platform::HttpServerRequest;
using platform::HttpServerResponse;

namespace {

constexpr std::string_view feeds_path = "/feeds/";

}  // namespace

Shelf::Shelf(std::vector<Variant> lists, Access access, std::chrono::seconds retry_after)
    : lists_(std::move(lists)),
      terms_(std::make_shared<const Terms>(Terms{std::move(access), retry_after})) {}

void Shelf::Put(std::shared_ptr<const Published> published) {
  feeds_.Put(published);
  std::atomic_store(&published_, std::move(published));
}

void Shelf::Respond(const HttpServerRequest& request, const HttpServer::Respond& respond) {
  const auto published = std::atomic_load(&published_);
  const auto& [access, retry_after] = *terms_;
  if (request.path.starts_with(feeds_path)) {
    if (auto refusal = Refusal(request, published.get(), access, retry_after)) {
      return respond(*std::move(refusal));
    }
    const Variant* variant = FindFeed(request.path);
    if (variant != nullptr && !request.query.empty()) {
      return RespondWithFeed(request, respond, *variant);
    }
    if (variant != nullptr) {
      const auto& resource = published->by_path.find(PathOf(variant->path))->second;
      return respond(Serve(request, *resource, *published, access));
    }
  }
  respond(http_list::Respond(request, published.get(), access, retry_after));
}

const Variant* Shelf::FindFeed(std::string_view path) const {
  const std::string_view name = path.substr(feeds_path.size());
  const auto find = [&](auto matches) -> const Variant* {
    const auto found = std::find_if(lists_.begin(), lists_.end(), matches);
    return found == lists_.end() ? nullptr : &*found;
  };
  const auto* exact = find([&](const Variant& list) { return list.path == name; });
  if (exact != nullptr) return exact;
  return find(
      [&](const Variant& list) { return list.path.substr(0, list.path.rfind('.')) == name; });
}

void Shelf::RespondWithFeed(const HttpServerRequest& request, const HttpServer::Respond& respond,
                            const Variant& variant) {
  const auto query = ReadFeedQuery(request.query);
  if (!query) return respond(platform::TextResponse(400, query.error().detail + "\n"));
  feeds_.Ask(variant, *query,
             [request, respond, terms = terms_](const ResourcePtr& resource,
                                                const std::shared_ptr<const Published>& published) {
               respond(resource
                           ? Serve(request, *resource, *published, terms->access)
                           : NotNow("too many variants are asked for at once", terms->retry_after));
             });
}

}  // namespace exporters::http_list
