#pragma once

#include <span>

#include "exporters/http_list/formats.h"

// The rows of Formats(), by what reads them. A new format is a row and a function in its family.
namespace exporters::http_list {

std::span<const Format> ExchangeFormats();  // people, programs; "text" first
std::span<const Format> DnsFormats();
std::span<const Format> FirewallFormats();
std::span<const Format> ProxyFormats();
std::span<const Format> SensorFormats();

}  // namespace exporters::http_list
