#pragma once

#include <algorithm>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "tests/platform/fake_http_server.h"

namespace agent::feeds {

// A TAXII server as OASIS TAXII 2.1 (or, by `version`, 2.0) has it, over loopback: discovery at
// /taxii2/, an API root at /api/, and the collection "Group" with the id "c1". A test sets what it
// needs before the first request, and under Change later.
class TaxiiServer {
 public:
  struct Object {
    std::string added;  // TAXII's own date, in ascending order
    std::string json;
  };

  std::vector<Object> objects;
  std::size_t page_size = 100;
  bool gives_next = true;  // else pages go on by date
  std::string version = "2.1";
  std::string media_type = "application/taxii+json;version=2.1";
  std::string authorization;  // what a request has to bear; empty for none
  std::string roots = R"("/api/")";
  std::string status;  // "429 Too Many Requests\r\nRetry-After: 60": the answer to everything

  TaxiiServer() : server_([this](auto& connection) { Answer(connection); }) {}

  std::string Url(std::string_view path) const { return server_.Url(path); }
  std::string Collection() const { return Url("/api/collections/c1/"); }

  // The targets of the requests so far, as "/api/collections/".
  std::vector<std::string> targets() const {
    std::vector<std::string> targets;
    for (const std::string& head : server_.heads()) {
      targets.push_back(head.substr(4, head.find(' ', 4) - 4));
    }
    return targets;
  }

  template <class Function>
  void Change(Function function) {
    const std::lock_guard lock(mutex_);
    function(*this);
  }

 private:
  using Connection = platform::testing::FakeHttpServer::Connection;

  static std::string HeaderIn(const std::string& head, const std::string& name) {
    const std::size_t at = head.find("\r\n" + name + ": ");
    if (at == std::string::npos) return {};
    const std::size_t begin = at + name.size() + 4;
    return head.substr(begin, head.find("\r\n", begin) - begin);
  }

  static std::string Parameter(const std::string& target, const std::string& name) {
    std::size_t at = target.find("?" + name + "=");
    if (at == std::string::npos) at = target.find("&" + name + "=");
    if (at == std::string::npos) return {};
    const std::size_t begin = at + name.size() + 2;
    return target.substr(begin, target.find('&', begin) - begin);
  }

  void Answer(Connection& connection) {
    const std::string head = connection.ReadHead();
    const std::lock_guard lock(mutex_);
    connection.Send(Response(head));
  }

  std::string Reply(const std::string& line, const std::string& body,
                    const std::string& headers = "") const {
    return "HTTP/1.1 " + line + "\r\nContent-Type: " + media_type +
           "\r\nContent-Length: " + std::to_string(body.size()) + "\r\n" + headers + "\r\n" + body;
  }

  std::string Response(const std::string& head) const {
    if (!status.empty()) return Reply(status, "{}");
    if (!authorization.empty() && HeaderIn(head, "Authorization") != authorization) {
      return Reply("401 Unauthorized", R"({"title":"Unauthorized","http_status":"401"})",
                   "WWW-Authenticate: Basic realm=\"taxii\"\r\n");
    }
    const std::string target = head.substr(4, head.find(' ', 4) - 4);
    const std::string path = target.substr(0, target.find('?'));
    const bool is_objects = path == "/api/collections/c1/objects/";
    const std::string wanted = version == "2.1"
                                   ? "application/taxii+json;version=2.1"
                                   : std::string("application/vnd.oasis.") +
                                         (is_objects ? "stix" : "taxii") + "+json; version=2.0";
    if (HeaderIn(head, "Accept") != wanted) return Reply("406 Not Acceptable", "{}");
    if (path == "/taxii2/") return Reply("200 OK", R"({"title":"T","api_roots":[)" + roots + "]}");
    if (path == "/api/") return Reply("200 OK", R"({"title":"R","versions":[]})");
    if (path == "/api/collections/") {
      return Reply("200 OK", R"({"collections":[{"id":"c1","title":"Group","can_read":true},)"
                             R"({"id":"c2","title":"Closed","can_read":false},)"
                             R"({"id":"c3","title":"Twice"},{"id":"c4","title":"Twice"}]})");
    }
    return is_objects ? Page(target) : Reply("404 Not Found", "{}");
  }

  std::string Page(const std::string& target) const {
    const std::string after = Parameter(target, "added_after");
    const std::string next = Parameter(target, "next");
    auto at = std::find_if(objects.begin(), objects.end(),
                           [&](const Object& object) { return object.added > after; });
    if (!next.empty()) at += std::stol(next);
    const auto end =
        at + std::min<std::ptrdiff_t>(static_cast<std::ptrdiff_t>(page_size), objects.end() - at);
    std::string list;
    for (auto each = at; each != end; ++each) list += (each == at ? "" : ",") + each->json;
    const bool more = end != objects.end();
    std::string headers;
    if (at != end) headers = "X-TAXII-Date-Added-Last: " + std::prev(end)->added + "\r\n";
    if (version == "2.0") {
      return Reply(more ? "206 Partial Content" : "200 OK",
                   R"({"type":"bundle","id":"bundle--1","objects":[)" + list + "]}", headers);
    }
    if (at == end) return Reply("200 OK", "{}");
    std::string body = R"({"more":)" + std::string(more ? "true" : "false");
    if (more && gives_next) {
      const std::size_t seen = next.empty() ? 0 : std::stoul(next);
      body += R"(,"next":")" + std::to_string(seen + page_size) + "\"";
    }
    return Reply("200 OK", body + R"(,"objects":[)" + list + "]}", headers);
  }

  mutable std::mutex mutex_;
  platform::testing::FakeHttpServer server_;
};

}  // namespace agent::feeds
