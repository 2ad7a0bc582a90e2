/** XML as a syntax: a reader that hostile input cannot hurt, and a writer. Nothing here knows a protocol or a file format. */
export { readXml, type XmlLimits } from './read-xml.js';
export { escapeXml, writeXml, type XmlOutput, type XmlWriteOptions } from './write-xml.js';
export { type XmlElement, xmlChild, xmlPath, xmlText } from './xml-element.js';
export { XmlError } from './xml-error.js';
