#pragma once
#include <libxml/xmlreader.h>
// Tests validate what is written with it.
#include <libxml/xmlschemas.h>
